import type { Issue } from '../../base/index.ts';
import { type Agreement, agreement } from './agreement.ts';
import type { Annotations } from './annotations.ts';
import type { Member } from './groups.ts';
import { isRecord, textOf } from './json.ts';
import type { ListenPort } from './listen-ports.ts';

/**
 * Settings of a group that change no path, and for which the controller makes nothing of it all the same: values it cannot read, and
 * those two members differ in (pkg/ingress/model_build_tags.go, _load_balancer_capacity_reservation.go, _load_balancer_addons.go,
 * _ipam.go, _frontend_nlb.go, _listener.go).
 */
export function refuseUnused(members: readonly Member[], ports: readonly ListenPort[], issues: Issue[]): void {
  const agreed = agreement(members, issues);
  agreed.pairs('tags');
  for (const [key, { value, annotations }] of agreed.pairs(CAPACITY))
    if (key !== 'CapacityUnits' || !/^[-+]?\d+$/.test(value))
      annotations.complain(CAPACITY, `${key}=${value}`, 'CapacityUnits=NUMBER');
  agreed.one(OWN_POOL, (each) => {
    const pool = each.text(OWN_POOL);
    return pool === '' ? each.complain(OWN_POOL, pool, 'the name of a pool') : pool;
  });
  agreed.one('ipam-ipv4-pool-id', (each) => filled(each.text('ipam-ipv4-pool-id')));
  agreed.one('shield-advanced-protection', (each) => each.flag('shield-advanced-protection'));
  agreed.one('enable-frontend-nlb', (each) => each.flag('enable-frontend-nlb'));
  webAcls(agreed);
  for (const { annotations } of members) refuseCertificates(annotations);
  for (const port of ports) ofListener(port, issues);
}

const CAPACITY = 'minimum-load-balancer-capacity';
const OWN_POOL = 'customer-owned-ipv4-pool';
const MUTUAL = 'mutual-authentication';
const filled = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

/** An ARN is read where no member gives a name; of the older two the first that is there. */
function webAcls(agreed: Agreement): void {
  const name = agreed.one('wafv2-acl-name', (each) => filled(each.text('wafv2-acl-name')));
  if (name === undefined) agreed.one('wafv2-acl-arn', (each) => each.text('wafv2-acl-arn'));
  agreed.one('waf-acl-id', (each) => filled(each.text('waf-acl-id') ?? each.text('web-acl-id')));
}

function ofListener({ port, protocol, members }: ListenPort, issues: Issue[]): void {
  const agreed = agreement(members, issues);
  agreed.pairs(`listener-attributes.${protocol}-${port}`);
  if (protocol === 'HTTP') return;
  agreed.one('ssl-policy', (each) => {
    const policy = each.text('ssl-policy');
    return policy === '' ? each.complain('ssl-policy', policy, 'the name of a policy') : policy;
  });
  agreed.one(MUTUAL, (each) => mutualOf(each).findLast((entry) => entry.port === port));
}

/** parseMtlsConfigEntries, of which the last for one port counts. */
function refuseCertificates(annotations: Annotations): void {
  if (!annotations.has(MUTUAL)) return;
  const entries = mutualOf(annotations);
  if (entries.length === 0 || !entries.every(isMutual))
    annotations.complain(
      MUTUAL,
      annotations.text(MUTUAL) ?? '',
      'a list such as [{"port": 443, "mode": "verify", "trustStore": "NAME"}], or of mode "off" or "passthrough" and no trust store',
    );
}

function mutualOf(annotations: Annotations): readonly Readonly<Record<string, unknown>>[] {
  const entries = annotations.json(MUTUAL);
  return Array.isArray(entries) ? entries.map((each: unknown) => (isRecord(each) ? each : {})) : [];
}

function isMutual(entry: Readonly<Record<string, unknown>>): boolean {
  const { port, mode } = entry;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) return false;
  const hasStore = (textOf(entry, 'trustStore') ?? '') !== '';
  if (mode === 'verify')
    return hasStore && ['on', 'off', undefined].some((each) => each === entry.advertiseTrustStoreCaNames);
  const isPlain = entry.ignoreClientCertificateExpiry === undefined && entry.advertiseTrustStoreCaNames === undefined;
  return (mode === 'off' || mode === 'passthrough') && !hasStore && isPlain;
}
