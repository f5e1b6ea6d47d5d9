// node trace.js: every call as a span, printed on the console. Any OpenTelemetry SDK that a process has set up gets them.
import { trace } from "@opentelemetry/api";
import { ConsoleSpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { openBackends } from "@opensds/core";
import { reference } from "@opensds/testkit/reference";

const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new ConsoleSpanExporter())] });
provider.register();

const backends = await openBackends({ backends: { memory: { reference_driver: { store: "memory" } } } }, { drivers: [reference] });
const driver = backends.get("memory");
await driver.setup();

// Calls made inside a span of the program's own are its children.
await trace.getTracer("example").startActiveSpan("provision", async (span) => {
  const volume = await driver.createVolume({ name: "orders-db", capacity: { requiredBytes: 1024 ** 2 } });
  await driver.deleteVolume({ id: volume.id });
  span.end();
});
// A failure is on its span too: error.type, opensds.reason, opensds.outcome.
await driver.getVolume({ name: "orders-db" }).catch(() => undefined);
await backends.unset();
await provider.shutdown();
