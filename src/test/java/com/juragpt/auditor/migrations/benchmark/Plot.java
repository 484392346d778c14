package com.juragpt.auditor.migrations.benchmark;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Time over the number of changesets, both logarithmic, as an SVG that is readable on a light and on a dark page. */
final class Plot {

    private static final int WIDTH = 900;
    private static final int HEIGHT = 720;
    private static final int PANEL_WIDTH = 350;
    private static final int PANEL_HEIGHT = 250;
    private static final int LEFT = 75;
    private static final int TOP = 85;
    private static final int ACROSS = 445;
    private static final int DOWN = 325;

    /** Colours that those tell apart as well who see few, on both backgrounds. */
    private static final Map<String, String> COLOURS = new LinkedHashMap<>();

    static {
        COLOURS.put("this module", "#1f88d6");
        COLOURS.put("Liquibase", "#e0662b");
        COLOURS.put("Flyway", "#17a07a");
        COLOURS.put("Alembic", "#c565a8");
        COLOURS.put("psql", "#8a8a8a");
    }

    private final Results results;
    private final StringBuilder svg = new StringBuilder();

    private Plot(Results results) {
        this.results = results;
    }

    static String of(Results results) {
        Plot plot = new Plot(results);
        plot.draw();
        return plot.svg.toString();
    }

    private void draw() {
        line("""
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$d %2$d" role="img" aria-labelledby="title">
                <title id="title">Time to deploy over the number of changesets</title>
                <style>
                  svg { font: 13px system-ui, sans-serif; }
                  .page { fill: #ffffff; } text { fill: #222222; } .grid { stroke: #d9d9d9; } .frame { stroke: #777777; fill: none; }
                  @media (prefers-color-scheme: dark) {
                    .page { fill: #16191d; } text { fill: #e4e4e4; } .grid { stroke: #363b42; } .frame { stroke: #999999; }
                  }
                </style>
                <rect class="page" width="%1$d" height="%2$d"/>
                <text x="%3$d" y="26" text-anchor="middle" font-size="17">Time to deploy over the number of changesets</text>\
                """, WIDTH, HEIGHT, WIDTH / 2);
        legend();
        panels(Tool.apis(), "API, warm", 0);
        panels(Tool.commands(), "whole command", 1);
        line("</svg>");
    }

    private void legend() {
        int x = LEFT + 120;
        for (Map.Entry<String, String> entry : COLOURS.entrySet()) {
            line("<line x1=\"%d\" y1=\"46\" x2=\"%d\" y2=\"46\" stroke=\"%s\" stroke-width=\"%s\"/>", x, x + 24, entry.getValue(),
                    width(entry.getKey()));
            line("<text x=\"%d\" y=\"50\">%s</text>", x + 30, entry.getKey());
            x += 130;
        }
    }

    private void panels(List<Tool> tools, String kind, int row) {
        List<Long> all = new ArrayList<>();
        for (Work work : List.of(Work.FRESH, Work.NO_OP)) {
            tools.forEach(tool -> points(tool, work).values().forEach(all::add));
        }
        if (all.isEmpty()) {
            return;
        }
        int lowest = (int) Math.floor(Math.log10(all.stream().mapToLong(x -> x).min().orElseThrow() / 1e9));
        int highest = Math.max(lowest + 1, (int) Math.ceil(Math.log10(all.stream().mapToLong(x -> x).max().orElseThrow() / 1e9)));
        panel(tools, kind, Work.FRESH, new Scale(LEFT, TOP + row * DOWN, lowest, highest, decades()));
        panel(tools, kind, Work.NO_OP, new Scale(LEFT + ACROSS, TOP + row * DOWN, lowest, highest, decades()));
    }

    private int decades() {
        List<Integer> sizes = results.sizes();
        return Math.max(1, (int) Math.ceil(Math.log10(sizes.get(sizes.size() - 1))));
    }

    private void panel(List<Tool> tools, String kind, Work work, Scale scale) {
        for (int i = 0; i <= scale.decades; i++) {
            double x = scale.x(Math.pow(10, i));
            line("<line class=\"grid\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>", x, scale.top, x, scale.top + PANEL_HEIGHT);
            line("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>", x, scale.top + PANEL_HEIGHT + 17,
                    number((int) Math.pow(10, i)));
        }
        for (int i = scale.lowest; i <= scale.highest; i++) {
            double y = scale.y(Math.pow(10, i));
            line("<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>", scale.left, y, scale.left + PANEL_WIDTH,
                    y);
            line("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", scale.left - 6, y + 4, seconds(i));
        }
        line("<rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", scale.left, scale.top, PANEL_WIDTH,
                PANEL_HEIGHT);
        line("<text x=\"%d\" y=\"%d\" font-weight=\"600\">%s, %s</text>", scale.left, scale.top - 8, kind, work.title());
        line("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">changesets</text>", scale.left + PANEL_WIDTH / 2,
                scale.top + PANEL_HEIGHT + 35);
        line("<text transform=\"translate(%d %d) rotate(-90)\" text-anchor=\"middle\">median time</text>", scale.left - 52,
                scale.top + PANEL_HEIGHT / 2);
        for (Tool tool : tools) {
            if (COLOURS.containsKey(tool.family())) {
                curve(tool, work, scale);
            }
        }
    }

    private void curve(Tool tool, Work work, Scale scale) {
        Map<Integer, Long> points = points(tool, work);
        String colour = COLOURS.get(tool.family());
        line("<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" points=\"%s\"/>", colour, width(tool.family()),
                points.entrySet().stream().map(point -> String.format(Locale.ROOT, "%.1f,%.1f", scale.x(point.getKey()),
                        scale.y(point.getValue() / 1e9))).collect(Collectors.joining(" ")));
        points.forEach((size, nanos) -> line("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>", scale.x(size),
                scale.y(nanos / 1e9), colour));
    }

    private Map<Integer, Long> points(Tool tool, Work work) {
        Map<Integer, Long> points = new LinkedHashMap<>();
        for (int size : results.sizes()) {
            Subject subject = new Subject(tool, work, size);
            if (!results.of(subject).isEmpty()) {
                points.put(size, results.median(subject, Sample::nanos));
            }
        }
        return points;
    }

    private static String width(String family) {
        return family.equals("this module") ? "3" : "1.8";
    }

    private static String number(int value) {
        return value < 1000 ? String.valueOf(value) : value / 1000 + " 000";
    }

    private static String seconds(int powerOfTen) {
        return powerOfTen < 0 ? Math.round(Math.pow(10, powerOfTen + 3)) + " ms" : Math.round(Math.pow(10, powerOfTen)) + " s";
    }

    private void line(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }

    /** Where in the picture a number of changesets and a time are. */
    private record Scale(int left, int top, int lowest, int highest, int decades) {

        double x(double size) {
            return left + PANEL_WIDTH * Math.log10(size) / decades;
        }

        double y(double seconds) {
            return top + PANEL_HEIGHT * (highest - Math.log10(seconds)) / (highest - lowest);
        }
    }
}
