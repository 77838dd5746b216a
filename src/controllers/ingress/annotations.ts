import { didYouMean, type Issue, type SourceRef } from '../../base/index.ts';
import type { Ingress, IngressClassParams, Service } from '../../cluster/index.ts';
import { keyOf, own } from '../labels.ts';
import { goBool } from '../load-balancers/annotations.ts';
import { readPairs } from '../load-balancers/pairs.ts';
import { withKeys } from './json.ts';

export const PREFIX = 'alb.ingress.kubernetes.io/';

/**
 * Reads the annotations of the AWS Load Balancer Controller of one object, and behind it those of a second for what the first
 * has not (pkg/annotations/parser.go, pkg/algorithm MergeStringMap): each getter checks one value. One that is there and empty
 * is no absent one: it is an empty list, and no number, no bool, no JSON.
 */
export class Annotations {
  private readonly own: Ingress | Service;
  private readonly objects: readonly Annotated[];
  readonly label: string;
  private readonly issues: Issue[];

  /** `before`: the parameters of the class, which overrule what the object says. */
  constructor(object: Ingress | Service, issues: Issue[], { before, behind }: Beside = {}) {
    this.own = object;
    this.objects = [before, object, behind].filter((each) => each !== undefined);
    this.label = labelOf(object);
    this.issues = issues;
  }

  /** As it is written, blanks and all. */
  text(key: string): string | undefined {
    const object = this.owner(key);
    return object && saidBy(object, key);
  }

  has(key: string): boolean {
    return this.owner(key) !== undefined;
  }

  place(key: string): SourceRef {
    const object = this.owner(key) ?? this.own;
    return placeIn(object, key) ?? object.source;
  }

  complain(key: string, value: string, expected: string, more: Partial<Issue> = {}): undefined {
    const object = this.owner(key);
    this.issues.push({
      code: 'wrong-annotation',
      severity: 'error',
      at: this.place(key),
      message: `${object === undefined ? `Annotation "${PREFIX}${key}" of ${this.label}` : named(object, key)} is "${value.slice(0, LONGEST)}"`,
      expected: `expected ${expected}`,
      ...more,
    });
    return undefined;
  }

  /** The names it has, without the prefix. */
  keys(): readonly string[] {
    const names = this.objects.flatMap((each) =>
      each.kind === 'IngressClassParams' ? [] : Object.keys(each.metadata.annotations),
    );
    return [...new Set(names)].flatMap((name) => (name.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : []));
  }

  /** A problem of the object that no single annotation is to blame for. */
  report(code: string, at: SourceRef, message: string, expected: string, rests: Issue['rests'] = []): undefined {
    this.issues.push({ code, severity: 'error', at, message, expected, rests });
    return undefined;
  }

  /** One of a few words, letter for letter: of any other the controller builds nothing (pkg/ingress/model_build_*.go). */
  oneOf<const T extends string>(key: string, options: readonly T[]): T | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    const found = options.find((option) => option === value);
    const expected = options.map((each) => `"${each}"`).join(', ');
    return (
      found ??
      this.complain(key, value, expected, {
        code: 'refused-annotation',
        ...didYouMean(value, options),
      })
    );
  }

  /** As strconv.ParseInt reads one. */
  integer(key: string, min: number, max: number): number | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (/^[-+]?\d+$/.test(value) && number >= min && number <= max) return number;
    return this.complain(key, value, `a whole number from ${min} to ${max}`);
  }

  /** `true` and `false` as strconv.ParseBool reads them. */
  flag(key: string): boolean | undefined {
    const value = this.text(key);
    return value === undefined ? undefined : (goBool(value) ?? this.complain(key, value, '"true" or "false"'));
  }

  list(key: string): readonly string[] {
    return (this.text(key) ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  }

  /** `k=v,k=v` */
  pairs(key: string): ReadonlyMap<string, string> {
    const value = this.text(key) ?? '';
    const pairs = readPairs(value);
    if (pairs === undefined) this.complain(key, value, 'attributes as "key=value,key=value"');
    return pairs ?? new Map();
  }

  /** What the parameters of the class say of the same, key by key, each by the name it is read by here. */
  overruling(key: string): ReadonlyMap<string, { readonly key: string; readonly value: string }> {
    const params = this.objects.find((each) => each.kind === 'IngressClassParams');
    const parts = Object.entries(params?.settings ?? {}).filter(([name]) => name.startsWith(`${key}.`));
    return new Map(parts.map(([name, value]) => [name.slice(key.length + 1), { key: name, value }]));
  }

  /**
   * The value as JSON, its keys as the controller spells them: it reads them in either case (Go's encoding/json, Unmarshal).
   * Undefined when it is absent, or is none and was reported.
   */
  json(key: string, expected = 'JSON'): unknown {
    const value = this.text(key);
    if (value === undefined) return undefined;
    try {
      return withKeys(JSON.parse(value));
    } catch {
      return this.complain(key, value, expected);
    }
  }

  /** Whose an annotation is: the first that has it. */
  private owner(key: string): Annotated | undefined {
    return this.objects.find((each) => saidBy(each, key) !== undefined);
  }
}

type Annotated = Ingress | Service | IngressClassParams;

interface Beside {
  readonly before?: IngressClassParams | undefined;
  readonly behind?: Ingress;
}

const saidBy = (object: Annotated, key: string): string | undefined =>
  object.kind === 'IngressClassParams' ? own(object.settings, key) : own(object.metadata.annotations, PREFIX + key);

function placeIn(object: Annotated, key: string): SourceRef | undefined {
  switch (object.kind) {
    case 'Ingress':
      return object.annotationPlaces.get(PREFIX + key);
    case 'Service':
      return object.annotationsAt?.[PREFIX + key];
    case 'IngressClassParams':
      return object.said.get(key)?.at;
  }
}

const named = (object: Annotated, key: string): string =>
  object.kind === 'IngressClassParams'
    ? `Field "${object.said.get(key)?.field}" of IngressClassParams "${object.metadata.name}"`
    : `Annotation "${PREFIX}${key}" of ${labelOf(object)}`;

const LONGEST = 200;
const labelOf = (object: Ingress | Service): string => `${object.kind} "${keyOf(object)}"`;

/** Every annotation of the controller, whether it can change a path or not (pkg/annotations/constants.go, v3.5). */
const KNOWN: readonly string[] = `
  acm-pca-arn actions auth-idp-cognito auth-idp-oidc auth-on-unauthenticated-request auth-scope auth-session-cookie
  auth-session-timeout auth-type backend-protocol backend-protocol-version certificate-arn
  conditions create-acm-cert customer-owned-ipv4-pool dry-run-plan enable-frontend-nlb group.name group.order healthcheck-interval-seconds
  healthcheck-path healthcheck-port healthcheck-protocol healthcheck-timeout-seconds healthy-threshold-count inbound-cidrs
  ip-address-type ipam-ipv4-pool-id jwt-validation listen-ports load-balancer-attributes load-balancer-name
  manage-backend-security-group-rules minimum-load-balancer-capacity multi-cluster-target-group mutual-authentication scheme
  security-group-prefix-lists security-groups shield-advanced-protection ssl-policy ssl-redirect subnets success-codes tags
  target-control-port target-group-attributes target-node-labels target-type transforms unhealthy-threshold-count
  use-regex-path-match waf-acl-id wafv2-acl-arn wafv2-acl-name web-acl-id`
  .trim()
  .split(/\s+/);
const FAMILIES = /^(?:actions|conditions|transforms|listener-attributes|target-control-port|frontend-nlb-)[.-]?.+$/;

/** A misspelt annotation does nothing, which is seldom what was meant. */
export function unknownAnnotations(ingress: Ingress): readonly Issue[] {
  return Object.keys(ingress.metadata.annotations).flatMap((name): readonly Issue[] => {
    if (!name.startsWith(PREFIX)) return [];
    const key = name.slice(PREFIX.length);
    if (KNOWN.includes(key) || FAMILIES.test(key)) return [];
    return [
      {
        code: 'unknown-annotation',
        severity: 'warning',
        at: ingress.annotationPlaces.get(name) ?? ingress.source,
        message: `Unknown annotation "${name}" of Ingress "${keyOf(ingress)}" does nothing`,
        ...didYouMean(key, KNOWN),
      },
    ];
  });
}
