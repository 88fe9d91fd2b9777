package io.evloop.bench.compare.peer;

import java.time.Duration;
import java.util.Locale;
import java.util.function.IntFunction;
import org.HdrHistogram.Histogram;

/** One side of a measurement in Java: {@code PeerMain TRANSPORT role=… key=value…}; prints one line of JSON. */
public final class PeerMain {

    private PeerMain() {}

    public static void main(String[] words) throws Exception {
        Job job = Job.parse(words, 1);
        Meter meter = new Meter();
        Transport transport = transport(words[0]);
        StringBuilder json = new StringBuilder("{\"side\":\"")
                .append(job.role().name().toLowerCase(Locale.ROOT))
                .append('"');
        switch (job.role()) {
            case SENDER -> {
                Source source = new Source(job, meter);
                transport.run(job, parties(job, source::pipe));
                meter.appendTo(json);
            }
            case RECEIVER -> {
                Sink sink = new Sink(job, meter);
                transport.run(job, parties(job, sink::pipe));
                meter.appendTo(json);
                json.append(",\"jain\":").append(sink.jain());
            }
            case CLIENT -> {
                EchoClient client = new EchoClient(job, meter);
                transport.run(job, new Party[] {client});
                meter.appendTo(json);
                appendLatency(json, client.latency());
            }
            case SERVER -> {
                transport.run(job, new Party[] {new EchoServer(job, meter)});
                meter.appendTo(json);
            }
        }
        transport.appendTo(json);
        System.out.println(json.append('}'));
        if (System.out.checkError()) {
            throw new IllegalStateException("the result could not be printed");
        }
        System.exit(0); // a library's idle thread may live on for a second
    }

    private static Transport transport(String name) {
        return switch (name) {
            case "nio" -> new ByteStreamTransport(NioStreams::open);
            case "junixsocket" -> new ByteStreamTransport(JunixStreams::open);
            case "one-nio" -> new ByteStreamTransport(OneNioStreams::open);
            case "netty" -> new NettyTransport(NettyTransport.Batching.BY_HAND);
            case "netty-consolidation" -> new NettyTransport(NettyTransport.Batching.FLUSH_CONSOLIDATION);
            case "aeron" -> new AeronTransport();
            case "evloop" -> EvloopTransport.withDefaults();
            case "evloop-spin-20us" -> EvloopTransport.spinning(Duration.ofNanos(20_000));
            case "evloop-one" -> EvloopTransport.withFramesPerTurn(1);
            case "evloop-unlimited" -> EvloopTransport.withFramesPerTurn(Integer.MAX_VALUE);
            default -> throw new IllegalArgumentException("unknown transport " + name);
        };
    }

    private static Party[] parties(Job job, IntFunction<Party> pipe) {
        Party[] parties = new Party[job.pipes()];
        for (int i = 0; i < parties.length; i++) {
            parties[i] = pipe.apply(i);
        }
        return parties;
    }

    private static void appendLatency(StringBuilder json, Histogram latency) {
        json.append(",\"latency\":{\"count\":").append(latency.getTotalCount());
        json.append(",\"p50\":").append(latency.getValueAtPercentile(50));
        json.append(",\"p99\":").append(latency.getValueAtPercentile(99));
        json.append(",\"p999\":").append(latency.getValueAtPercentile(99.9));
        json.append(",\"max\":").append(latency.getMaxValue()).append('}');
    }
}
