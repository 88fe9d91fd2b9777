package io.evloop.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.Color;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.knowm.xchart.CategoryChart;

class SvgChartTest {

    @Test
    void tellsFiguresOfOneRunAndBarsThatAreCut() throws Exception {
        Summary summary = new Summary();
        for (int run = 1; run <= 2; run++) {
            summary.add(Samples.stream(Samples.C, run, 100));
            summary.add(Samples.stream(Samples.EVLOOP, run, 250));
        }
        summary.add(Samples.stream(Competitor.byId("nio"), 1, 90));
        summary.add(Samples.roundTrip(Samples.C, 1, 10));
        summary.add(Samples.roundTrip(Samples.EVLOOP, 1, 10));
        CategoryChart chart = new SvgChart(summary, new Machine()).chart();
        assertEquals(
                Set.of("best C", "evloop", "JDK NIO, one run"),
                chart.getSeriesCollection().stream()
                        .map(series -> series.getName())
                        .collect(Collectors.toSet()));
        assertEquals(
                Color.decode(Samples.EVLOOP.colour()), chart.getSeries("evloop").getFillColor());
        assertEquals("evloop, one way, 64 B: 2.5", chart.getXAxisTitle());
        assertEquals(
                Set.of("one way, 64 B", "round trip, blocking, one run"),
                Set.copyOf(chart.getSeries("best C").getXData()));
    }
}
