import { decode, encode, type Packet, RECURSION_DESIRED } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import { answerCluster, type Dns } from '../../../fabric/index.ts';
import { ip } from '../../../net/index.ts';
import { type NameServer, respond, type Transport } from './respond.ts';

const many = Array.from({ length: 60 }, (_, i) => ip(`10.0.${1 + (i >> 5)}.${i + 1}`));
const DB = 'db.shop.svc.cluster.local';
const dns: Dns = {
  clusterDomain: 'cluster.local',
  clusterDns: [],
  namespaces: ['shop'],
  cluster: [
    { name: 'web.shop.svc.cluster.local', type: 'A', addresses: [ip('172.20.0.80')], ttl: 5 },
    { name: DB, type: 'A', addresses: many, ttl: 5 },
    {
      name: `_pg._tcp.${DB}`,
      type: 'SRV',
      targets: [{ priority: 0, weight: 100, port: 5432, target: `db-0.${DB}` }],
      ttl: 5,
    },
    { name: `db-0.${DB}`, type: 'A', addresses: [ip('10.0.1.1')], ttl: 5 },
    { name: `db-0.${DB}`, type: 'AAAA', addresses: [ip('2600::1')], ttl: 5 },
    { name: 'out.shop.svc.cluster.local', type: 'CNAME', target: 'www.example.com', ttl: 5 },
  ],
  upstream: [{ name: 'www.example.com', type: 'A', addresses: [ip('198.51.100.7')], ttl: 60 }],
};
const server: NameServer = { answer: (question) => answerCluster(dns, question), serial: 1 };
const UDP: Transport = { protocol: 'udp', family: 4 };
const TCP: Transport = { protocol: 'tcp', family: 4 };

const query = (name: string, more: Partial<Packet> = {}, type: 'A' | 'SRV' | 'SOA' = 'A'): Buffer =>
  encode({ type: 'query', id: 4711, flags: RECURSION_DESIRED, questions: [{ type, name }], ...more });
const edns = (udpPayloadSize: number, more: object = {}): Partial<Packet> => ({
  additionals: [
    {
      type: 'OPT',
      name: '.',
      udpPayloadSize,
      extendedRcode: 0,
      ednsVersion: 0,
      flags: 0,
      flag_do: false,
      options: [],
      ...more,
    },
  ],
});
const bytes = (message: Buffer, transport = UDP): Buffer =>
  respond(message, server, transport)?.message ?? Buffer.alloc(0);
const answer = (message: Buffer, transport = UDP) => decode(bytes(message, transport));
const count = (message: Buffer, offset: number): number => message.readUInt16BE(offset);

describe('a message', () => {
  test('says whose answer it is and repeats the question', () => {
    const own = answer(query('Web.shop.svc.cluster.local'));
    expect(own).toMatchObject({
      id: 4711,
      type: 'response',
      rcode: 'NOERROR',
      flag_aa: true,
      flag_rd: true,
      flag_ra: false,
    });
    expect(own.questions).toMatchObject([{ name: 'Web.shop.svc.cluster.local', type: 'A', class: 'IN' }]);
    expect(own.answers).toMatchObject([{ name: 'Web.shop.svc.cluster.local', type: 'A', ttl: 5, data: '172.20.0.80' }]);
    expect(answer(query('www.example.com'))).toMatchObject({ flag_aa: false, flag_ra: true });
  });
  test('denies with the start of the zone', () => {
    const denial = answer(query('no.shop.svc.cluster.local'));
    expect(denial).toMatchObject({ rcode: 'NXDOMAIN', flag_aa: true, answers: [] });
    expect(denial.authorities).toMatchObject([
      { name: 'cluster.local', type: 'SOA', data: { mname: 'ns.dns.cluster.local', serial: 1, minimum: 5 } },
    ]);
  });
  test('carries an alias with its addresses, and the addresses behind SRV', () => {
    expect(answer(query('out.shop.svc.cluster.local')).answers).toMatchObject([
      { type: 'CNAME', data: 'www.example.com' },
      { name: 'www.example.com', type: 'A', data: '198.51.100.7' },
    ]);
    const srv = answer(query(`_pg._tcp.${DB}`, {}, 'SRV'));
    expect(srv.answers).toMatchObject([{ data: { port: 5432, target: `db-0.${DB}` } }]);
    expect(srv.additionals).toMatchObject([{ data: '10.0.1.1' }, { data: '2600::1' }]);
  });
});

test.each([
  [query('web.shop.svc.cluster.local'), 'A web.shop.svc.cluster.local NOERROR'],
  [query('no.shop.svc.cluster.local', edns(1400, { ednsVersion: 1 })), 'A no.shop.svc.cluster.local BADVERS'],
  [Buffer.alloc(12), 'FORMERR'],
])('what a log says of it', (message, line) => {
  expect(respond(message, server, UDP)?.line).toBe(line);
});

describe('what does not fit', () => {
  test('a client without EDNS gets 512 octets and TC', () => {
    const message = bytes(query(DB));
    expect(message.length).toBeLessThanOrEqual(512);
    const cut = decode(message);
    expect(cut.flag_tc).toBe(true);
    // 12 header + 31 question, then 16 octets a compressed record
    expect(cut.answers?.length).toBe(Math.floor((512 - 12 - 31) / 16));
    expect(cut.answers?.every((rr) => rr.name === DB)).toBe(true);
  });
  test('a larger buffer takes it all, compressed; TCP takes it as it is', () => {
    const udp = bytes(query(DB, edns(1232)));
    expect(decode(udp)).toMatchObject({ flag_tc: false });
    expect(decode(udp).answers).toHaveLength(60);
    expect(udp.length).toBe(12 + 31 + 60 * 16 + 11);
    const tcp = bytes(query(DB), TCP);
    expect(decode(tcp).answers).toHaveLength(60);
    expect(tcp.length).toBe(12 + 31 + 60 * (27 + 14));
  });
  test('a datagram that would be fragmented is compressed, though the client would take it', () => {
    expect(bytes(query(DB, edns(4096))).length).toBe(12 + 31 + 60 * 16 + 11);
  });
});

describe('EDNS', () => {
  test('size, DO and cookie go back; an option nobody knows does not', () => {
    const cookie = { code: 10, data: Buffer.from('0123456789abcdef', 'hex') };
    const strange = { code: 65_001, data: Buffer.from([1]) };
    const more = { flags: 0x8000, options: [cookie, strange] };
    const [opt] = answer(query('web.shop.svc.cluster.local', edns(1400, more))).additionals ?? [];
    expect(opt).toMatchObject({ type: 'OPT', udpPayloadSize: 1400, flag_do: true, ednsVersion: 0 });
    expect(opt?.type === 'OPT' && opt.options.map(({ code }) => code)).toEqual([10]);
  });
  test('another version is BADVERS', () => {
    const reply = answer(query('web.shop.svc.cluster.local', edns(1400, { ednsVersion: 1 })));
    expect(reply.answers).toEqual([]);
    expect(reply.additionals?.[0]).toMatchObject({ extendedRcode: 1, ednsVersion: 0 });
  });
});

describe('what is no query', () => {
  const header = (flags: number, counts: readonly number[]): Buffer => {
    const message = Buffer.alloc(12);
    for (const [i, value] of [99, flags, ...counts].entries()) message.writeUInt16BE(value, 2 * i);
    return message;
  };
  const good = query('web.shop.svc.cluster.local');
  test.each([
    ['two octets', Buffer.from([1, 2])],
    ['an answer', encode({ type: 'response', id: 1, questions: [{ type: 'A', name: 'x' }] })],
  ])('%s is not answered', (_, message) => {
    expect(respond(message, server, UDP)).toBeUndefined();
  });
  test.each([
    ['no question', header(0x0100, [0, 0, 0, 0]), 1],
    ['two questions', header(0, [2, 0, 0, 0]), 1],
    ['a question that ends early', good.subarray(0, good.length - 3), 1],
    ['a pointer in the question', Buffer.concat([header(0, [1, 0, 0, 0]), Buffer.from([0xc0, 0x0c, 0, 1, 0, 1])]), 1],
    ['an update', header(5 << 11, [1, 0, 0, 0]), 4],
    [
      'an OPT that lies about its length',
      Buffer.concat([header(0, [1, 0, 0, 1]), good.subarray(12), Buffer.from([0, 0, 41, 4, 0, 0, 0, 0, 0, 0, 99])]),
      1,
    ],
  ])('%s', (_, message, rcode) => {
    const reply = bytes(message);
    expect(reply.readUInt16BE(2) & 0x800f).toBe(0x8000 | rcode);
    expect(count(reply, 0)).toBe(count(message, 0));
  });
  test('a type without a name is told by its number, and is no record here', () => {
    const strange = Buffer.from(good);
    strange.writeUInt16BE(65, strange.length - 4);
    expect(respond(strange, server, UDP)?.line).toBe('TYPE65 web.shop.svc.cluster.local NOERROR');
    expect(answer(strange).authorities).toHaveLength(1);
  });
  test('another class is refused', () => {
    const chaos = Buffer.from(good);
    chaos.writeUInt16BE(3, chaos.length - 2);
    expect(answer(chaos)).toMatchObject({ rcode: 'REFUSED', answers: [] });
  });
  test('a label with a dot in it is not taken for two', () => {
    const raw = Buffer.concat([
      header(0, [1, 0, 0, 0]),
      Buffer.from([3]),
      Buffer.from('a.b'),
      Buffer.from([0, 0, 1, 0, 1]),
    ]);
    expect(bytes(raw).subarray(12, 21)).toEqual(raw.subarray(12, 21));
  });
});
