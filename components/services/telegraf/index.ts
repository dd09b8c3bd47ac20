import type { TelegrafSettings } from "../../../config/services/index.ts";
import type { Service } from "../descriptor.ts";
import { influxdb } from "../influxdb/index.ts";
import { kafka } from "../kafka/index.ts";
import { Telegraf } from "./telegraf.ts";

/** The collectors of node, container and broker metrics. */
export const telegraf: Service<TelegrafSettings, Telegraf> = {
  title: "Telegraf",
  images: ["telegraf", "bench"],
  settings: ({ services }) => services.telegraf,
  deploy({ deployment, settings, transform, options, deployed }) {
    const database = deployed(influxdb);
    if (!database) return undefined;
    const args = { deployment, settings, transform, influxdb: database, kafka: deployed(kafka) };
    return new Telegraf("telegraf", args, options);
  },
};
