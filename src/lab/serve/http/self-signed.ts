import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const OID = { commonName: '550403', ecPublicSha256: '2a8648ce3d040302', subjectAltName: '551d11' } as const;
const YEARS = 10;

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/**
 * A certificate for a name, signed by itself (RFC 5280): enough for a client that does not verify (`curl -k`). Made new for
 * every run: no key is kept anywhere.
 */
export function selfSigned(name: string, now: Date): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const algorithm = der(0x30, oid(OID.ecPublicSha256));
  const subject = der(0x30, der(0x31, der(0x30, oid(OID.commonName), der(0x0c, Buffer.from(name.slice(0, 64))))));
  const until = new Date(now);
  until.setUTCFullYear(now.getUTCFullYear() + YEARS);
  const names = der(0x30, der(0x82, Buffer.from(name)));
  const toSign = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    subject,
    der(0x30, time(now), time(until)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, der(0x30, oid(OID.subjectAltName), der(0x04, names)))),
  );
  const signature = sign('sha256', toSign, privateKey);
  const certificate = der(0x30, toSign, algorithm, der(0x03, Buffer.from([0]), signature));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}

/** One ASN.1 value: tag, length, contents (X.690 8.1). */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = Buffer.from(body.length.toString(16).padStart(body.length > 0xff ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));

/** UTCTime, `261121072257Z`: what RFC 5280 section 4.1.2.5 wants before 2050. */
const time = (at: Date): Buffer => der(0x17, Buffer.from(`${at.toISOString().replace(/\D/g, '').slice(2, 14)}Z`));
