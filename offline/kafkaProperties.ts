// `node --import tsx offline/kafkaProperties.ts` writes config/kafka/serverProperties.json and contract/topicProperties.json. Run it
// after a version change in offline/kafka/pom.xml.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { project } from "../cli/lib/paths.ts";
import { describeError } from "../contract/errors.ts";
import { listKafkaProperties } from "./kafkaJars.ts";

async function writeProperties(): Promise<void> {
  if (process.argv.includes("--help")) {
    console.log(
      "node --import tsx offline/kafkaProperties.ts   writes config/kafka/serverProperties.json and contract/topicProperties.json, from Kafka's own jars",
    );
    return undefined;
  }
  const { topics, ...server } = await listKafkaProperties();
  write("config/kafka/serverProperties.json", server, Object.keys(server.properties).length);
  write("contract/topicProperties.json", topics, Object.keys(topics).length);
  console.log(`from Kafka ${server.version}`);
}

function write(file: string, list: object, count: number): void {
  writeFileSync(path.join(project, file), `${JSON.stringify(list, null, 2)}\n`);
  console.log(`${file}: ${count} properties`);
}

await writeProperties().catch((error: unknown) => {
  console.error(`error: ${describeError(error)}`);
  process.exitCode = 1;
});
