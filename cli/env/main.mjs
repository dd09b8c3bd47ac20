// `eval "$(npm run -s env)"` puts pulumi and its settings into the shell.
import { main } from "../lib/problem.ts";
import { pulumiEnv } from "../setup/shellEnv.ts";

const quote = (value) => `'${value.replaceAll("'", "'\\''")}'`;

await main(async () => {
  if (process.argv.includes("--help")) {
    console.log('eval "$(npm run -s env)"   puts pulumi, its plugins, state and passphrase into this shell');
    return;
  }
  for (const [name, value] of Object.entries(pulumiEnv())) console.log(`export ${name}=${quote(value)}`);
});
