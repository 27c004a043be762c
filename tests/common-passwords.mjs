// Makes src/credentials/common.bin anew, the list of common passwords. Building does not need it.
//
//   npm pack @zxcvbn-ts/language-common@4.1.3 && tar xzf zxcvbn-ts-language-common-4.1.3.tgz
//   node tests/common-passwords.mjs package/src/passwords.json
//
// The list is the breached passwords of that package, the words of assigned passwords and
// src/credentials/common-danish.txt, the last also with æ, ø and å spelt otherwise. Each is kept as
// the first 35 bits of its SHA-256; what is written are the differences of the sorted hashes in
// Golomb–Rice code: so many ones as the difference is times 2^19, a nought, and the other 19 bits.
// The last byte is filled with ones.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const HASH_BITS = 35n;
const RICE_BITS = 19n;
/** Shorter ones are looked for nowhere. */
const SHORTEST = 3;
const breachedFile = process.argv[2];
if (!breachedFile) {
  console.error("usage: node tests/common-passwords.mjs PASSWORDS.json");
  process.exit(2);
}
const credentials = fileURLToPath(new URL("../src/credentials/", import.meta.url));

const lines = (name) =>
  readFileSync(credentials + name, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));

const spellings = (word) => [
  word,
  word.replaceAll("æ", "ae").replaceAll("ø", "oe").replaceAll("å", "aa"),
  word.replaceAll("æ", "a").replaceAll("ø", "o").replaceAll("å", "a"),
];

const hash = (text) =>
  createHash("sha256").update(text).digest().readBigUInt64BE() >> (64n - HASH_BITS);

const breached = JSON.parse(readFileSync(breachedFile, "utf8"))
  .map((word) => word.toLowerCase())
  .filter((word) => word.length >= SHORTEST);
const all = new Set([...breached, ...lines("words.txt"), ...lines("common-danish.txt").flatMap(spellings)]);
const hashes = [...new Set([...all].map(hash))].sort((one, other) => (one < other ? -1 : 1));

let bits = "";
let last = 0n;
for (const each of hashes) {
  const difference = each - last;
  last = each;
  bits += "1".repeat(Number(difference >> RICE_BITS)) + "0";
  bits += (difference & ((1n << RICE_BITS) - 1n)).toString(2).padStart(Number(RICE_BITS), "0");
}
bits += "1".repeat((8 - (bits.length % 8)) % 8);
const packed = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
writeFileSync(credentials + "common.bin", packed);
console.log(`${all.size} passwords, ${hashes.length} hashes, ${packed.length} bytes`);
