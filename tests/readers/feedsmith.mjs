// A feed reader of a few lines, around the parser feedsmith: poll an address, with what is known of
// it from the last time, and print the entries.
// node feedsmith.mjs PARSER STATE ADDRESS

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [parser, path, address] = process.argv.slice(2);
const { parseFeed } = await import(pathToFileURL(parser).href);

let state = { etag: null, entries: [] };
try {
  state = JSON.parse(readFileSync(path, "utf-8"));
} catch (error) {
  if (error.code !== "ENOENT") throw error;
}
const headers = { "User-Agent": "feedsmith-test/1" };
if (state.etag) headers["If-None-Match"] = state.etag;
const answer = await fetch(address, { headers });
if (answer.status === 200) {
  const { format, feed } = parseFeed(await answer.text());
  const entries = feed.entries ?? feed.items;
  state = {
    etag: answer.headers.get("etag"),
    entries: entries.map((entry) => ({
      id: entry.id ?? entry.guid.value,
      content: format === "atom" ? entry.content.value : (entry.content_html ?? entry.content.encoded),
    })),
  };
  writeFileSync(path, JSON.stringify(state));
} else if (answer.status !== 304) {
  throw new Error(`${address}: ${answer.status}`);
}
console.log(JSON.stringify({ status: answer.status, entries: state.entries }));
