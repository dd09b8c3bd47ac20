// `node --import tsx offline/kafkaProperties.ts` writes config/kafka/serverProperties.json. Run it after a version change in
// offline/kafka/pom.xml.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { project } from "../cli/lib/paths.ts";
import { describeError } from "../contract/errors.ts";
import { listKafkaProperties } from "./kafkaJars.ts";

async function writeProperties(): Promise<void> {
  if (process.argv.includes("--help")) {
    console.log(
      "node --import tsx offline/kafkaProperties.ts   writes config/kafka/serverProperties.json, from Kafka's own jars",
    );
    return undefined;
  }
  const file = path.join(project, "config/kafka/serverProperties.json");
  const list = await listKafkaProperties();
  writeFileSync(file, `${JSON.stringify(list, null, 2)}\n`);
  const count = Object.keys(list.properties).length;
  console.log(`${path.relative(project, file)}: ${count} properties of Kafka ${list.version}`);
}

await writeProperties().catch((error: unknown) => {
  console.error(`error: ${describeError(error)}`);
  process.exitCode = 1;
});
