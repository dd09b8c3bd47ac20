/**
 * Keeps Pulumi's report of a failed program from taking a minute.
 *
 * Pulumi prints errors through `util.inspect(error, { colors: true })`. The source maps of @pulumi/pulumi 3.259 name
 * files as `node_modules/@pulumi/resource.ts`, without the package's name, and on such lines the colouring of stack
 * traces in Node 20.20 goes round and round until the text is too long. The package's name put back, it does not.
 * To be dropped when either is mended.
 */
const prepare = Error.prepareStackTrace;
if (prepare) {
  Error.prepareStackTrace = (error, frames) =>
    String(prepare(error, frames)).replaceAll(
      /node_modules\/@pulumi\/(?!pulumi\/|docker\/|command\/)/g,
      "node_modules/@pulumi/pulumi/",
    );
}
