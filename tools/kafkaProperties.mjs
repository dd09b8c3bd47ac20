// `node tools/kafkaProperties.mjs` writes components/kafka/serverProperties.json anew: after another version in
// tools/kafka/pom.xml.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { listKafkaProperties } from "./lib/kafkaJars.mjs";
import { project } from "./lib/paths.mjs";
import { main } from "./lib/problem.mjs";

await main(async () => {
  if (process.argv.includes("--help")) {
    console.log(
      "node tools/kafkaProperties.mjs   writes components/kafka/serverProperties.json, from Kafka's own jars",
    );
    return;
  }
  const file = path.join(project, "components/kafka/serverProperties.json");
  const list = await listKafkaProperties();
  writeFileSync(file, `${JSON.stringify(list, null, 2)}\n`);
  const count = Object.keys(list.properties).length;
  console.log(`${path.relative(project, file)}: ${count} properties of Kafka ${list.version}`);
});
