// The login in sasl.jaas.config, which has the form of a JAAS configuration file (KIP-85).

/** The login module of each SASL mechanism. */
const MODULES: Readonly<Record<string, string>> = {
  PLAIN: "org.apache.kafka.common.security.plain.PlainLoginModule",
  "SCRAM-SHA-256": "org.apache.kafka.common.security.scram.ScramLoginModule",
  "SCRAM-SHA-512": "org.apache.kafka.common.security.scram.ScramLoginModule",
};

/** A user and a password. */
export interface Login {
  username: string;
  password: string;
}

/**
 * The login in a value of sasl.jaas.config.
 *
 * @returns the login, or what is wrong with the value, without the value itself, which has the password
 */
export function parseJaas(text: string, mechanism: string): Login | string {
  const match = /^\s*([\w.$]+)\s+(?:required|requisite|sufficient|optional)\b(.*);\s*$/is.exec(text);
  if (!match) return 'expected: LOGIN-MODULE required username="USER" password="PASSWORD";';
  const [, module, options = ""] = match;
  if (module !== MODULES[mechanism]) return `expected the module of ${mechanism}: ${MODULES[mechanism]}`;
  const values = new Map<string, string>();
  const pair = /([\w.]+)\s*=\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s;"']+)/g;
  for (const [, name = "", value = ""] of options.matchAll(pair)) values.set(name, unquoted(value));
  const other = [...values.keys()].find((name) => name !== "username" && name !== "password");
  if (other !== undefined) return `the option ${other} is not supported; expected username and password`;
  const [username, password] = [values.get("username"), values.get("password")];
  if (!username || !password) return "expected the options username and password";
  return { username, password };
}

function unquoted(value: string): string {
  return /^["']/.test(value) ? value.slice(1, -1).replace(/\\(.)/gs, "$1") : value;
}
