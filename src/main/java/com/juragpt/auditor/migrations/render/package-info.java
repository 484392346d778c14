/**
 * What the API returns, as text: for a terminal and for programs. Nothing here prints, and nothing knows a build tool; imports
 * {@code api} alone, and is imported by {@code maven} alone.
 */
package com.juragpt.auditor.migrations.render;
