/** By its path in an image, a file or folder of this machine. */
export type Payload = Record<string, string>;

/** What one image of images/ is built from. */
export interface ImageSource {
  /** The image that its Dockerfile starts from. */
  base: string;
  /** Makes what the base lacks. */
  payload: () => Promise<Payload>;
}

/** Name of an image in installation.json: a key of `IMAGES` in cli/setup/imageDefinitions.ts. */
export type ImageName = string;

/** Where setup takes tools and images from. */
export interface ToolSource {
  name: "official" | "built";
  /** Completes "tools and images …". */
  title: string;
  /** The image of plain Debian. */
  debian: string;
  /** Puts Pulumi's plugins below a folder and returns the folder of the `pulumi` program. */
  ensurePulumi: (plugins: string) => Promise<string>;
  /** @throws Problem where these tools cannot work with the Docker engine at an address */
  checkEngine: (engineHost: string) => Promise<void>;
  /** Undefined if this source does not have the image. */
  image: (name: ImageName) => ImageSource | undefined;
  /** Called before an image is built in an engine: brings in what the bases need. */
  ensureBase: (engineHost: string) => Promise<void>;
  /** Runs what needs the network; on failure says what can be done where it cannot be reached. */
  fetching: <T>(work: () => Promise<T>) => Promise<T>;
}
