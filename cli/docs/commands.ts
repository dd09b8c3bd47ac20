// Checks that the commands which the documentation names exist, with their options.
import type { Command } from "commander";
import type { Page } from "./markdown.ts";

/** What commands are checked against. */
export interface KnownCommands {
  /** The `swarmbench` program with all its subcommands. */
  program: Command;
  /** The scripts of package.json. */
  scripts: Readonly<Record<string, string>>;
  /** Names that `npm test` takes: those of its parts, and of test files without `.test.ts`. */
  tests: ReadonlySet<string>;
}

/** Where a command begins, after `eval "$(` as well; group 1 is its program and what follows it. */
const BEGINNING = /(?:^|[\s;&|("])((?:npm (?:run|test)|(?:node )?swarmbench(?:\.mjs)?)(?:\s.*)?)$/;
/** What ends a command: the shell's own syntax, or a comment. */
const ENDING = /\s#|\s*(?:;|&&|\|\||[|)>])/;
/** A word that stands for something else: `FILE`, `<scenario>`, `…`. */
const PLACEHOLDER = /^(?:[A-Z_]+…?|.*[<>…].*)$/;

/**
 * Commands of the pages that do not exist: `npm run …`, `npm test …`, `swarmbench …`, in inline code and in code blocks of
 * language `sh`.
 *
 * @returns a line for each, `file:line command: reason`
 */
export function unknownCommands(pages: readonly Page[], known: KnownCommands): string[] {
  return pages.flatMap(({ file, code }) =>
    code.flatMap(({ line, text }) =>
      commandsIn(text).flatMap((command) => {
        const reason = whyUnknown(command, known);
        return reason === undefined ? [] : [`${file}:${line} ${command}: ${reason}`];
      }),
    ),
  );
}

/** The commands in a line of code that are this project's own. */
export function commandsIn(code: string): string[] {
  const commands: string[] = [];
  for (const part of splitUnquoted(code)) {
    const [, command] = BEGINNING.exec(part.trimEnd()) ?? [];
    if (command !== undefined)
      commands.push(command.trim().replace(/["']$/, (quote) => closing(command, quote)));
  }
  return commands;
}

/** Keeps a quote at the end if one opens before it: else it belongs to the text around the command. */
function closing(command: string, quote: string): string {
  return command.split(quote).length % 2 === 1 ? quote : "";
}

/** Splits at {@link ENDING}, except where a quote is open within the command. */
function splitUnquoted(code: string): string[] {
  const parts: string[] = [];
  let rest = code;
  for (;;) {
    const blanked = rest.replaceAll(/'[^']*'|"[^"$]*"|<[^<>]*>/g, (quoted) => "_".repeat(quoted.length));
    const match = ENDING.exec(blanked);
    if (!match) return [...parts, rest];
    parts.push(rest.slice(0, match.index));
    if (match[0].endsWith("#")) return parts; // a comment
    rest = rest.slice(match.index + match[0].length);
  }
}

function whyUnknown(command: string, known: KnownCommands): string | undefined {
  const words = (command.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? []).map(unquoted);
  if (words[0] !== "npm") return whyNoSubcommand(words.slice(words[0] === "node" ? 2 : 1), known);
  const [, verb, ...rest] = words;
  // npm's own options, such as -s, stand before the script's name.
  const at = verb === "test" ? -1 : rest.findIndex((word) => !word.startsWith("-"));
  const script = verb === "test" ? "test" : rest[at];
  if (script === undefined || PLACEHOLDER.test(script)) return undefined;
  const line = known.scripts[script];
  if (line === undefined) return `package.json has no script ${script}`;
  const [program, file, ...fixed] = line.split(" ");
  if (program !== "node" || file !== "swarmbench.mjs") return undefined;
  const given = rest.slice(at + 1);
  const own = given[0] === "--" ? given.slice(1) : given;
  const swallowed = given[0] === "--" ? undefined : given.find((word) => word.startsWith("-"));
  if (swallowed !== undefined) return `npm takes ${swallowed} itself: write -- before it`;
  return whyNoSubcommand([...fixed, ...own], known);
}

function unquoted(word: string): string {
  return word.replaceAll(/["']/g, "");
}

function whyNoSubcommand(words: readonly string[], known: KnownCommands): string | undefined {
  let command = known.program;
  let index = 0;
  for (; index < words.length; index += 1) {
    const next = command.commands.find((each) => each.name() === words[index]);
    if (!next) break;
    command = next;
  }
  return whyNoArguments(command, words.slice(index), known);
}

function whyNoArguments(
  command: Command,
  words: readonly string[],
  { tests }: KnownCommands,
): string | undefined {
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (PLACEHOLDER.test(word) && !word.startsWith("-")) continue;
    if (word.startsWith("-") && word !== "-") {
      const [name] = word.split("=");
      if (name === "-h" || name === "--help") continue;
      const option = command.options.find(({ short, long }) => short === name || long === name);
      if (!option) return `${command.name()} has no option ${name}`;
      if ((option.required || option.optional) && !word.includes("=")) rest.shift();
    } else if (command.registeredArguments.length === 0) {
      return command.commands.length > 0
        ? `${command.name()} has no subcommand ${word}`
        : `${command.name()} takes no argument, such as ${word}`;
    } else if (command.name() === "test" && !tests.has(word)) return `there is no test file ${word}.test.ts`;
  }
  return undefined;
}
