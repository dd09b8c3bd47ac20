import { readInstallation } from "../../components/lib/installation.ts";

/** Whether setup has an image, by its name in installation.json: some come from their makers alone. */
export function isInstalled(image: string): boolean {
  return readInstallation().images[image] !== undefined;
}

/** For `it`: why a claim about Grafana's server cannot be checked here; false where it can. */
export function skipWithoutGrafana(): string | false {
  return isInstalled("grafana") ? false : "setup has no image of Grafana";
}
