// Which folder may import which, checked by `npm run check`. docs/extending.md explains the folders.

/** Beside itself, a folder may import these and nothing else of this repository. */
const MAY_IMPORT = {
  components: ["testbeds", "config", "contract", "lib"],
  cli: ["results", "bench", "testbeds", "config", "contract", "lib"],
  results: ["contract", "lib"],
  bench: ["contract"],
  testbeds: ["config", "contract", "lib"],
  config: ["contract", "lib"],
  contract: [],
  lib: ["contract"],
};

/** The packages that only these files may import. */
const PACKAGE_USERS = {
  "@pulumi": ["components/", "index\\.ts$"],
  "kafkajs|@platformatic/kafka": ["bench/clients/", "bench/kafka/"],
  "@influxdata": ["bench/influx/", "bench/jobs/metricsReady\\.ts$"],
};

const OFFLINE_USERS = "^cli/(setup|test)/";
// components/nodes/<kind>.ts is imported by its name.
const ENTRY_POINTS =
  "^(index|bench/main|bench/local/main|cli/main|cli/.+/main|results/page/browser/main|components/nodes/[a-z]+|.+\\.test)\\.ts$";
// Figures bring up test projects, and hosts of their own.
const FIGURES = "^cli/figures/";
const TESTS = "\\.test\\.ts$|^test/";
const FOLDERS = [...Object.keys(MAY_IMPORT), "offline"];
const folders = (names) => `^(${names.join("|")})/`;

const directions = Object.entries(MAY_IMPORT).map(([name, others]) => ({
  name: `${name}-imports`,
  comment: `${name}/ imports only ${[name, ...others].map((each) => `${each}/`).join(", ")}`,
  severity: "error",
  from: { path: `^${name}/`, pathNot: `${TESTS}|${FIGURES}` },
  to: {
    path: `${folders(FOLDERS)}|^index\\.ts$`,
    pathNot: folders([name, ...others, ...(name === "cli" ? ["offline"] : [])]),
  },
}));

const packages = Object.entries(PACKAGE_USERS).map(([name, users]) => ({
  name: `package-${name.replace(/\W+/g, "-").replace(/^-/, "")}`,
  comment: `only ${users.join(", ")} import ${name}`,
  severity: "error",
  from: { pathNot: `${TESTS}|^(${users.join("|")})|^offline/` },
  to: { path: `(^|/)node_modules/(${name})/` },
}));

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    ...directions,
    ...packages,
    {
      name: "index-imports",
      comment: "index.ts composes: it imports only components/, config/, contract/, lib/",
      severity: "error",
      from: { path: "^index\\.ts$" },
      to: { path: folders(FOLDERS), pathNot: folders(["components", "config", "contract", "lib"]) },
    },
    {
      name: "offline-users",
      comment: "only cli/setup/ and cli/test/ import offline/",
      severity: "error",
      from: { path: "^(?!offline/)", pathNot: `${TESTS}|${OFFLINE_USERS}` },
      to: { path: "^offline/" },
    },
    {
      name: "components-lib",
      comment: "components/lib/ imports no other folder of components/",
      severity: "error",
      from: { path: "^components/lib/", pathNot: TESTS },
      to: { path: "^components/", pathNot: "^components/lib/" },
    },
    {
      name: "compare-before-report",
      comment: "results/compare/ computes and results/report/ draws: the second imports the first",
      severity: "error",
      from: { path: "^results/compare/", pathNot: TESTS },
      to: { path: "^results/report/" },
    },
    {
      name: "no-tests-in-source",
      comment: "only tests import tests and their support",
      severity: "error",
      from: { pathNot: `${TESTS}|${FIGURES}` },
      to: { path: TESTS },
    },
    {
      name: "no-circles",
      comment: "no file imports itself through others, types included",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-orphans",
      comment: "a file that imports nothing and that nothing imports is dead",
      severity: "error",
      from: { orphan: true, pathNot: `${TESTS}|^\\.` },
      to: {},
    },
    {
      name: "no-dead-files",
      comment: "every file is reached from an entry point or a test",
      severity: "error",
      from: { path: ENTRY_POINTS },
      to: { path: folders(Object.keys(MAY_IMPORT)), pathNot: ENTRY_POINTS, reachable: false },
    },
    {
      name: "no-unresolved",
      comment: "the imported file or package does not exist",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^dist/|^offline/go/" },
    // A function of contract/target.ts is called "require".
    moduleSystems: ["es6"],
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".mts", ".mjs", ".js", ".json"],
    },
  },
};
