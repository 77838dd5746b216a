import { didYouMean, hasControls, type Issue, type SourceRef } from '../base/index.ts';
import { isRecord, scanJson } from '../linux/index.ts';
import {
  type Cidr,
  type Ip,
  type Mac,
  type Protocol,
  parseCidr,
  parseIp,
  parseMac,
  parseProtocol,
} from '../net/index.ts';

/** Where the decoder is, and what it found wrong. */
export class DecodeContext {
  readonly issues: Issue[] = [];
  private readonly file: string;
  private readonly text: string;
  /** Made when the first problem asks where it is. */
  private scanned: ReadonlyMap<string, number> | undefined;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  at(path: string): SourceRef {
    this.scanned ??= scanJson(this.text).lines;
    const lines = this.scanned;
    for (let known = path; known !== ''; known = known.replace(/(?:\.[^.[]*|\[\d+\])$/, '')) {
      const line = lines.get(`#0${known}`);
      if (line !== undefined) return { file: this.file, line };
      if (!/[.[]/.test(known)) break;
    }
    return { file: this.file, line: lines.get('#0') ?? 1 };
  }

  report(path: string, message: string, expected?: string, hint?: string): void {
    this.issues.push({
      code: 'bad-world',
      severity: 'error',
      at: this.at(path),
      message: `${path.replace(/^\./, '') || 'The file'}: ${message}`,
      ...(expected === undefined ? {} : { expected: `expected ${expected}` }),
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

/** Reads one JSON value; undefined after an issue. */
export type Decode<T> = (value: unknown, context: DecodeContext, path: string) => T | undefined;

export const scalar =
  <T>(what: string, read: (value: unknown) => T | undefined): Decode<T> =>
  (value, context, path) => {
    const decoded = read(value);
    if (decoded === undefined) context.report(path, `Wrong value ${brief(value)}`, what);
    return decoded;
  };

const brief = (value: unknown): string =>
  typeof value === 'string'
    ? `"${value.slice(0, 60)}"`
    : typeof value === 'object' && value !== null
      ? 'of another shape'
      : String(value);

const fromText =
  <T>(parse: (text: string) => T | undefined) =>
  (value: unknown): T | undefined =>
    typeof value === 'string' ? parse(value) : undefined;

export const text: Decode<string> = scalar('a string', (value) => (typeof value === 'string' ? value : undefined));
/** What something is called by. */
export const name: Decode<string> = scalar('a name without control characters', (value) =>
  typeof value === 'string' && !hasControls(value) ? value : undefined,
);
export const whole: Decode<number> = scalar('a whole number', (value) =>
  Number.isSafeInteger(value) ? (value as number) : undefined,
);
export const flag: Decode<boolean> = scalar('true or false', (value) =>
  typeof value === 'boolean' ? value : undefined,
);
export const address: Decode<Ip> = scalar('an IP address', fromText(parseIp));
export const block: Decode<Cidr> = scalar('a CIDR', fromText(parseCidr));
export const hardware: Decode<Mac> = scalar('a MAC address', fromText(parseMac));
export const protocol: Decode<Protocol> = scalar('an IP protocol', (value) =>
  typeof value === 'string' || typeof value === 'number' ? parseProtocol(String(value)) : undefined,
);

export const oneOf = <const T extends string>(...options: readonly T[]): Decode<T> =>
  scalar(`one of ${options.join(', ')}`, (value) => options.find((option) => option === value));

export const orNull =
  <T>(decode: Decode<T>): Decode<T | null> =>
  (value, context, path) =>
    value === null ? null : decode(value, context, path);

/** Entries that do not decode are left out, each with its issue. */
export const list =
  <T>(decode: Decode<T>): Decode<readonly T[]> =>
  (value, context, path) => {
    if (!Array.isArray(value)) {
      context.report(path, `Wrong value ${brief(value)}`, 'a list');
      return undefined;
    }
    return (value as unknown[]).flatMap((item, index) => {
      const decoded = decode(item, context, `${path}[${index}]`);
      return decoded === undefined ? [] : [decoded];
    });
  };

type Fields<T> = { readonly [K in keyof T]-?: Decode<Exclude<T[K], undefined>> };
type OptionalKeys<T> = { [K in keyof T]-?: object extends Pick<T, K> ? K : never }[keyof T];

/** An object with exactly these fields; `optional` names the ones that may be absent. */
export const object =
  <T extends object>(fields: Fields<T>, optional: readonly OptionalKeys<T>[] = []): Decode<T> =>
  (value, context, path) => {
    if (!isRecord(value)) {
      context.report(path, `Wrong value ${brief(value)}`, 'an object');
      return undefined;
    }
    const decoded: Record<string, unknown> = {};
    let whole = true;
    for (const key of Object.keys(value)) {
      if (!Object.hasOwn(fields, key)) {
        context.report(
          path,
          `Unknown field "${key.slice(0, 60)}"`,
          undefined,
          didYouMean(key, Object.keys(fields)).hint,
        );
      }
    }
    for (const [key, decode] of Object.entries(fields) as [string, Decode<unknown>][]) {
      if (Object.hasOwn(value, key)) {
        const field = decode(value[key], context, `${path}.${key}`);
        if (field === undefined) whole = false;
        else decoded[key] = field;
      } else if (!(optional as readonly string[]).includes(key)) {
        context.report(path, `Missing field "${key}"`);
        whole = false;
      }
    }
    return whole ? (decoded as T) : undefined; // every field of T was decoded by its own decoder, and nothing else is in it
  };

/** A union told apart by one field. */
export const tagged =
  <T extends object>(key: string, cases: Readonly<Record<string, Decode<T>>>): Decode<T> =>
  (value, context, path) => {
    const tag = isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    const decode = typeof tag === 'string' && Object.hasOwn(cases, tag) ? cases[tag] : undefined;
    if (decode === undefined) {
      context.report(path, `Wrong "${key}": ${brief(tag)}`, `one of ${Object.keys(cases).join(', ')}`);
      return undefined;
    }
    return decode(value, context, path);
  };

/** A Map, written as an object. */
export const mapOf =
  <K, V>(parseKey: (key: string) => K | undefined, decode: Decode<V>): Decode<ReadonlyMap<K, V>> =>
  (value, context, path) => {
    if (!isRecord(value)) {
      context.report(path, `Wrong value ${brief(value)}`, 'an object');
      return undefined;
    }
    const map = new Map<K, V>();
    for (const [name, item] of Object.entries(value)) {
      const key = parseKey(name);
      const decoded = decode(item, context, `${path}.${name}`);
      if (key === undefined) context.report(path, `Wrong key "${name.slice(0, 60)}"`);
      else if (decoded !== undefined) map.set(key, decoded);
    }
    return map;
  };
