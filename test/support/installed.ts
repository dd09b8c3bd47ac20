import { readInstallation } from "../../components/lib/installation.ts";

/** Whether setup has an image, by its name in installation.json; its tool source may not have all of them. */
export function isInstalled(image: string): boolean {
  return readInstallation().images[image] !== undefined;
}

/** For the option `skip` of `it`: why a claim about Grafana's server cannot be tested here; false if it can. */
export function skipWithoutGrafana(): string | false {
  return isInstalled("grafana") ? false : "setup has no image of Grafana";
}
