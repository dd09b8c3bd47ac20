/** Files and folders of this machine by their path in an image. */
export type Payload = Record<string, string>;

/** What one image of images/ is built from. */
export interface ImageSource {
  /** The image that its Dockerfile starts from. */
  base: string;
  /** Makes what has to be added to the base. */
  payload: () => Promise<Payload>;
}

/** Name of an image in installation.json: a key of `IMAGES` in cli/setup/imageDefinitions.ts. */
export type ImageName = string;

/** Why an image is missing, with a hint for the user. */
export interface LeftOut {
  reason: string;
  /** A command. */
  hint: string;
}

/** Where setup gets tools and images from. */
export interface ToolSource {
  name: "official" | "built";
  /** Completes "tools and images …". */
  title: string;
  /** The image of plain Debian. */
  debian: string;
  /** The image of another suite of Debian, such as trixie, for tests; it is made in an engine if it cannot be pulled. */
  debianSuite: (suite: string, engineHost: string) => Promise<string>;
  /** Puts Pulumi's plugins below a folder and returns the folder of the `pulumi` program. */
  ensurePulumi: (plugins: string) => Promise<string>;
  /** @throws SwarmbenchError `engine-unsuitable` if these tools cannot work with the Docker engine at an address */
  checkEngine: (engineHost: string) => Promise<void>;
  /** Undefined if this source does not have the image. */
  image: (name: ImageName) => ImageSource | undefined;
  /** The images that it does not have. */
  leftOut: Record<ImageName, LeftOut>;
  /** The images whose program has an API but no web pages. */
  withoutPages: readonly ImageName[];
  /** The newest API version that its Docker provider speaks; undefined: it speaks that of every engine. */
  newestApi?: string;
  /** Folders of the Go modules that it compiles, as paths from the project; `npm test -- go` tests them. */
  goModules: readonly string[];
  /** Called before an image is built in an engine; makes the bases that cannot be pulled. */
  ensureBase: (engineHost: string) => Promise<void>;
  /** Runs work that downloads; an error gets a hint for machines that cannot reach the source. */
  fetching: <T>(work: () => Promise<T>) => Promise<T>;
}
