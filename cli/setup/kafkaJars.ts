export { ensureKafkaJars } from "../../offline/kafkaJars.ts";
