/** What the API returns, as text: for a terminal and for programs. Nothing here prints, and nothing knows a build tool. */
package com.juragpt.auditor.migrations.render;
