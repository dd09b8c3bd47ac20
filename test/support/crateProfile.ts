// What an RO-Crate must have to conform to Process Run Crate 0.5, Workflow Run Crate 0.5 and Workflow RO-Crate 1.0, which extend
// RO-Crate 1.1. Written from their requirements, apart from the code that makes a crate:
// https://www.researchobject.org/ro-crate/specification/1.1/ and https://www.researchobject.org/workflow-run-crate/profiles/

type Entity = Record<string, unknown> & { "@id": string };

const list = (value: unknown): unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
const typesOf = (entity: Entity | undefined) => list(entity?.["@type"]).map(String);
const idsIn = (value: unknown) =>
  list(value).map((each) => String((each as { "@id"?: unknown } | null)?.["@id"]));

const DESCRIPTOR = "ro-crate-metadata.json";
const PROCESS = /^https:\/\/w3id\.org\/ro\/wfrun\/process\/0\.\d+$/;
const WORKFLOW = /^https:\/\/w3id\.org\/ro\/wfrun\/workflow\/0\.\d+$/;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{3})?\+\d{2}:\d{2})?$/;
const TOOLS = ["SoftwareApplication", "SoftwareSourceCode", "ComputationalWorkflow"];

/** Requirements that a crate does not meet. @param files names of all files in its folder, with "/" */
export function crateErrors(text: string, files: readonly string[]): string[] {
  const document = JSON.parse(text) as { "@context": unknown; "@graph": Entity[] };
  const byId = new Map(document["@graph"].map((entity) => [entity["@id"], entity]));
  const root = byId.get("./");
  const checks: [boolean, string][] = [
    [idsUnique(document["@graph"]), "each @id occurs once"],
    [list(document["@context"]).includes("https://w3id.org/ro/crate/1.1/context"), "context of RO-Crate 1.1"],
    ...flatChecks(document["@graph"], byId),
    ...descriptorChecks(byId.get(DESCRIPTOR)),
    ...rootChecks(root, byId),
    ...fileChecks(root, byId, files),
    ...workflowChecks(byId.get(idsIn(root?.mainEntity)[0] ?? ""), byId),
    ...document["@graph"]
      .filter((entity) => typesOf(entity).includes("CreateAction"))
      .flatMap((entity) => actionChecks(entity, root, byId)),
    [
      document["@graph"].some((entity) => typesOf(entity).includes("CreateAction")),
      "there is a CreateAction",
    ],
  ];
  return checks.filter(([holds]) => !holds).map(([, what]) => what);
}

function idsUnique(graph: readonly Entity[]): boolean {
  return new Set(graph.map((entity) => entity["@id"])).size === graph.length;
}

/** Flattened JSON-LD: entities contain references, not other entities, and what is referenced here is described here. */
function flatChecks(graph: readonly Entity[], byId: ReadonlyMap<string, Entity>): [boolean, string][] {
  return graph.flatMap((entity) =>
    Object.entries(entity).flatMap(([name, value]) =>
      list(value)
        .filter((each) => typeof each === "object" && each !== null)
        .map((each): [boolean, string] => {
          const keys = Object.keys(each as object);
          const id = String((each as Entity)["@id"]);
          const isKnown = byId.has(id) || /^https?:/.test(id);
          return [keys.join() === "@id" && isKnown, `${entity["@id"]}: ${name} refers to an entity: ${id}`];
        }),
    ),
  );
}

function descriptorChecks(descriptor: Entity | undefined): [boolean, string][] {
  return [
    [typesOf(descriptor).includes("CreativeWork"), "the descriptor is a CreativeWork"],
    [idsIn(descriptor?.about).join() === "./", "the descriptor is about the root"],
    [
      idsIn(descriptor?.conformsTo).includes("https://w3id.org/ro/crate/1.1"),
      "the descriptor conforms to RO-Crate",
    ],
  ];
}

function rootChecks(root: Entity | undefined, byId: ReadonlyMap<string, Entity>): [boolean, string][] {
  const profiles = idsIn(root?.conformsTo);
  const isWork = (id: string) => typesOf(byId.get(id)).includes("CreativeWork");
  return [
    [typesOf(root).includes("Dataset"), "the root is a Dataset"],
    [
      typeof root?.name === "string" && typeof root.description === "string",
      "the root has name and description",
    ],
    [ISO_DATE.test(String(root?.datePublished)), "the root has a datePublished"],
    [isWork(idsIn(root?.license)[0] ?? ""), "the root has a license that is described"],
    [profiles.some((id) => PROCESS.test(id) && isWork(id)), "the root conforms to Process Run Crate"],
    [profiles.some((id) => WORKFLOW.test(id) && isWork(id)), "the root conforms to Workflow Run Crate"],
    [idsIn(root?.mainEntity).length === 1, "the root has a main entity"],
  ];
}

function fileChecks(
  root: Entity | undefined,
  byId: ReadonlyMap<string, Entity>,
  files: readonly string[],
): [boolean, string][] {
  const parts = idsIn(root?.hasPart);
  const expected = files.filter((name) => name !== DESCRIPTOR).map((name) => encodeURI(name));
  return [
    ...expected.map((id): [boolean, string] => [parts.includes(id), `hasPart has ${id}`]),
    ...parts.map((id): [boolean, string] => [expected.includes(id), `${id} exists in the folder`]),
    ...parts.map((id): [boolean, string] => [typesOf(byId.get(id)).includes("File"), `${id} is a File`]),
  ];
}

function workflowChecks(
  workflow: Entity | undefined,
  byId: ReadonlyMap<string, Entity>,
): [boolean, string][] {
  const wanted = ["File", "SoftwareSourceCode", "ComputationalWorkflow"];
  const languages = idsIn(workflow?.programmingLanguage).map((id) => byId.get(id));
  const parameters = [...idsIn(workflow?.input), ...idsIn(workflow?.output)].map((id) => byId.get(id));
  return [
    [wanted.every((type) => typesOf(workflow).includes(type)), "the main entity is a workflow in a file"],
    [languages.some((each) => typesOf(each).includes("ComputerLanguage")), "the workflow has a language"],
    [
      parameters.every((each) => typesOf(each).includes("FormalParameter")),
      "its parameters are FormalParameters",
    ],
  ];
}

function actionChecks(
  action: Entity,
  root: Entity | undefined,
  byId: ReadonlyMap<string, Entity>,
): [boolean, string][] {
  const tools = idsIn(action.instrument).flatMap((id) => typesOf(byId.get(id)));
  const failed = action.actionStatus === "http://schema.org/FailedActionStatus";
  const people = idsIn(action.agent).flatMap((id) => typesOf(byId.get(id)));
  return [
    [tools.some((type) => TOOLS.includes(type)), "the action has an instrument"],
    [idsIn(root?.mentions).includes(action["@id"]), "the root mentions the action"],
    [
      idsIn(action.instrument).join() === idsIn(root?.mainEntity).join(),
      "the instrument is the main workflow",
    ],
    [
      typeof action.name === "string" && typeof action.description === "string",
      "the action has name and description",
    ],
    [action.endTime === undefined || ISO_DATE.test(String(action.endTime)), "endTime is ISO 8601"],
    [action.startTime === undefined || ISO_DATE.test(String(action.startTime)), "startTime is ISO 8601"],
    [action.error === undefined || failed, "error only of a failed action"],
    [
      people.every((type) => type === "Person" || type === "Organization"),
      "agents are people or organisations",
    ],
    [idsIn(action.result).length > 0, "the action has results"],
  ];
}
