/** Default port of the live page. */
export const WATCH_PORT = 4600;

/** The line with which a run names the live page. */
export const WATCH_LINE = `watch it in a browser: npm run watch, then http://127.0.0.1:${WATCH_PORT}/`;
