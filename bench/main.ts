/** The bench image's entry point. */
import { main } from "./program.ts";

main(process.argv[2], process.argv[3]);
