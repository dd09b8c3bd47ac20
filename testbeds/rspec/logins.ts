import { isHostName, isUserName, quoteForeign } from "../../lib/hostNames.ts";
import type { DocumentLogin, DocumentNode } from "./document.ts";

/** An account on a machine that accepts keys. */
export interface Account {
  host: string;
  port: number;
  user: string;
}

/** The account that is used on a node. */
export interface Login extends Account {
  /** The proxy through which the node is reached, on testbeds that have one. */
  jump?: Account;
}

/**
 * Chooses the login of a node: that of `user`, or the first one that accepts keys. `user` also replaces a missing user name.
 *
 * Testbeds list one login for each member of the project. Some also list the account of their proxy as one of the node's.
 *
 * @returns the login, or why the node has none
 */
export function chooseLogin(node: DocumentNode, user?: string): Login | string {
  const { accounts, byAccount, forAll } = readProxies(node);
  const usable: Login[] = [];
  const reasons: string[] = [];
  for (const written of node.logins) {
    const account = readLogin(written, user);
    if (typeof account === "string") reasons.push(account);
    else if (!accounts.has(accountName(account))) {
      const jump = byAccount.get(accountName(account)) ?? forAll;
      usable.push(jump ? { ...account, jump } : account);
    }
  }
  const login = usable.find((account) => user === undefined || account.user === user);
  if (login) return login;
  if (usable.length > 0) {
    const users = [...new Set(usable.map((account) => account.user))].slice(0, 20);
    return `has no login of user ${quoteForeign(user ?? "")}, only of ${users.join(", ")}`;
  }
  if (node.logins.length === 0) return "has no login";
  return `has no usable login: ${reasons.slice(0, 5).join("; ") || "only its proxy has one"}`;
}

/** The account of a login service, or why it cannot be used. */
function readLogin(written: DocumentLogin, user?: string): Account | string {
  const { authentication = "ssh-keys", port = "22" } = written;
  const host = unlessNone(written.hostname);
  const name = unlessNone(written.username) ?? user;
  // Some testbeds write user:password here; the password must not appear in a message.
  const label = `the login of ${quoteForeign((name ?? "nobody").replace(/:.*/s, ""))}`;
  if (authentication.toLowerCase() !== "ssh-keys") {
    return `${label} uses ${quoteForeign(authentication)}, not "ssh-keys"`;
  }
  if (host === undefined) return `${label} has no hostname`;
  if (!isHostName(host)) return `${label} has the invalid hostname ${quoteForeign(host)}`;
  if (!isPort(port)) return `${label} has the invalid port ${quoteForeign(port)}`;
  if (name === undefined) return "a login has no username: set testbed.user";
  if (!isUserName(name)) return `${label} has an invalid username`;
  return { host, port: Number(port), user: name };
}

/** Some testbeds write Python's None for a value that does not exist yet. */
function unlessNone(text: string | undefined): string | undefined {
  return text !== undefined && /^none$/i.test(text) ? undefined : text;
}

const isPort = (text: string) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;

interface Proxies {
  /** The names of the proxies' own accounts. */
  accounts: Set<string>;
  /** The proxy of an account. */
  byAccount: Map<string, Account>;
  forAll?: Account;
}

/** Reads jFed's extension `proxy="user@host:port" for="user@host:port"`; skips proxies of another form. */
function readProxies(node: DocumentNode): Proxies {
  const proxies: Proxies = { accounts: new Set(), byAccount: new Map() };
  for (const written of node.proxies) {
    const proxy = readAccount(written.proxy);
    const target = written.for === undefined ? undefined : readAccount(written.for);
    if (!proxy || (written.for !== undefined && !target)) continue;
    proxies.accounts.add(accountName(proxy));
    if (target) proxies.byAccount.set(accountName(target), proxy);
    else proxies.forAll ??= proxy;
  }
  return proxies;
}

function readAccount(text: string): Account | undefined {
  const [, username, hostname, port] = /^([^@\s]+)@([^@\s]+?)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const account = readLogin({ username, hostname, port });
  return typeof account === "string" ? undefined : account;
}

/** Identifies an account: two logins of one name are the same. */
export function accountName({ user, host, port }: Account): string {
  return `${user}@${host.toLowerCase()}:${port}`;
}
