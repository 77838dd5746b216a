import { type Ip, ipFromBits, type Protocol, protocolOf } from '../../../net/index.ts';
import { eachAttribute } from './attributes.ts';

/** NFNLGRP_CONNTRACK_NEW: told when a connection is confirmed, behind POSTROUTING or INPUT. */
export const CONNTRACK_NEW_GROUP = 1;
const SUBSYSTEM = 1;

export interface KernelTuple {
  readonly protocol: Protocol;
  readonly src: Ip;
  readonly dst: Ip;
  readonly sport: number;
  readonly dport: number;
  readonly icmp?: { readonly type: number; readonly code: number; readonly id: number };
}

export interface KernelConn {
  readonly nsid: number;
  readonly original: KernelTuple;
  readonly reply: KernelTuple;
  readonly mark: number;
  /** enum ip_conntrack_status. */
  readonly status: number;
}

export const IPS_SRC_NAT = 16;
export const IPS_DST_NAT = 32;

/** One connection of an event or a dump: a whole netlink message of the conntrack subsystem. */
export function readConn(nsid: number, bytes: Buffer): KernelConn | undefined {
  if (bytes.readUInt8(5) !== SUBSYSTEM) return undefined;
  return readConnBody(nsid, bytes, 20);
}

/** include/uapi/linux/netfilter/nfnetlink_conntrack.h, enum ctattr_type. */
export function readConnBody(nsid: number, bytes: Buffer, from: number): KernelConn | undefined {
  let original: KernelTuple | undefined;
  let reply: KernelTuple | undefined;
  let mark = 0;
  let status = 0;
  eachAttribute(bytes, from, bytes.length, (type, at, length) => {
    if (type === 1) original = readTuple(bytes, at, length);
    if (type === 2) reply = readTuple(bytes, at, length);
    if (type === 3) status = bytes.readUInt32BE(at);
    if (type === 8) mark = bytes.readUInt32BE(at);
  });
  if (original === undefined || reply === undefined) return undefined;
  return { nsid, original, reply, mark, status };
}

function readTuple(bytes: Buffer, from: number, size: number): KernelTuple {
  const tuple = { src: '', dst: '', number: 0, sport: 0, dport: 0, icmpId: 0, icmpType: -1, icmpCode: 0 };
  eachAttribute(bytes, from, from + size, (type, at, length) => {
    if (type === 1) {
      eachAttribute(bytes, at, at + length, (field, value, width) => {
        if (field === 1 || field === 3) tuple.src = addressAt(bytes, value, width);
        if (field === 2 || field === 4) tuple.dst = addressAt(bytes, value, width);
      });
    }
    if (type !== 2) return;
    eachAttribute(bytes, at, at + length, (field, value) => {
      if (field === 1) tuple.number = bytes.readUInt8(value);
      if (field === 2) tuple.sport = bytes.readUInt16BE(value);
      if (field === 3) tuple.dport = bytes.readUInt16BE(value);
      if (field === 4 || field === 7) tuple.icmpId = bytes.readUInt16BE(value);
      if (field === 5 || field === 8) tuple.icmpType = bytes.readUInt8(value);
      if (field === 6 || field === 9) tuple.icmpCode = bytes.readUInt8(value);
    });
  });
  const { src, dst, sport, dport, number, icmpType, icmpCode, icmpId } = tuple;
  return {
    protocol: protocolOf(number),
    src: src as Ip, // printed by addressAt
    dst: dst as Ip,
    sport: icmpType < 0 ? sport : icmpId,
    dport,
    ...(icmpType < 0 ? {} : { icmp: { type: icmpType, code: icmpCode, id: icmpId } }),
  };
}

export const addressAt = (bytes: Buffer, at: number, length: number): Ip =>
  length === 4
    ? ipFromBits(bytes.readUInt32BE(at), 4)
    : ipFromBits((bytes.readBigUInt64BE(at) << 64n) | bytes.readBigUInt64BE(at + 8), 6);
