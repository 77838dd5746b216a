import { readFileSync } from 'node:fs';

/** The version in package.json, two folders up from this file both in src/ and in dist/. */
export const version: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
