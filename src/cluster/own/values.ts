import { z } from 'zod';
import { hasControls } from '../../base/index.ts';
import { type Cidr, type Ip, type Mac, parseCidr, parseIp, parseMac } from '../../net/index.ts';

// Values of our own kinds: text in, checked and canonical value out. The description ends up in the published JSON Schema.

function parsed<T>(expected: string, parse: (text: string) => T | undefined) {
  return z
    .string()
    .meta({ description: expected })
    .transform((text, context): T => {
      const value = parse(text);
      if (value !== undefined) return value;
      context.issues.push({ code: 'custom', message: `expected ${expected}`, input: text });
      return z.NEVER;
    });
}

export const ipValue = parsed<Ip>('an IP address such as "10.0.3.7"', parseIp);
export const cidrValue = parsed<Cidr>('a CIDR such as "10.0.0.0/16"', parseCidr);
export const macValue = parsed<Mac>('a MAC address such as "0a:12:c5:d0:e4:e1"', parseMac);

export const podValue = parsed<{ readonly namespace: string; readonly name: string }>(
  'a pod as "NAMESPACE/NAME"',
  (text) => {
    const [namespace, name, rest] = text.split('/');
    return namespace && name && rest === undefined ? { namespace, name } : undefined;
  },
);

/** `0s`, `1.5s`, `200ms`, `2m`, `1h`: seconds. */
export const durationValue = parsed<number>('a duration such as "200ms", "30s" or "5m"', (text) => {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const factor = { ms: 0.001, s: 1, m: 60, h: 3600 }[found?.[2] ?? ''];
  return found === null || factor === undefined ? undefined : Number(found[1]) * factor;
});

export const idValue = z
  .string()
  .min(1)
  .refine((text) => !hasControls(text), 'expected a name without control characters');
export const portValue = z.int().min(1).max(65_535);
export const indexValue = z.int().min(1).max(0x7fffffff);
export const textMap = z.record(z.string(), z.string());
