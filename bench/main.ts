// Entry point of the bench image.
import { main } from "./program.ts";

main(process.argv[2], process.argv[3]);
