import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { abi, bindTo, setOption, sockaddrLink, socketIn } from '../exec/ffi/index.ts';
import { makeFolder } from '../exec/make-folder.ts';
import { orNoRoom } from '../exec/no-room.ts';
import { BatchReader, type Datagram } from './batch-reader.ts';
import type { ObservedLab } from './flow/lab-view.ts';
import { readDevices } from './observer.ts';
import { pcapHeader, pcapRecord, SNAPLEN } from './pcap.ts';

/** Every frame of every device of a lab, into one file a device: `NAMESPACE.DEVICE.pcap`. */
export interface Capture {
  /**
   * Writes what was seen since the last call; to be called often enough that no buffer overflows. Throws `Unavailable` where the
   * disk takes no more: then the capture is closed and what it wrote is gone.
   */
  drain(): void;
  /** Writes the rest and ends; the files written, in order of their names. */
  close(): readonly string[];
}

const BUFFER = 1 << 24;
const AT_ONCE = 8;
const PACKET_OUTGOING = 4;

export function captureLab({ plan, netnsPath }: ObservedLab, folder: string): Capture {
  const made = writing(folder, () => makeFolder(folder));
  const files = new Set<string>();
  const taps = plan.namespaces.map(({ name }) => openTap(netnsPath(name), name));
  const closeTaps = (): void => {
    for (const { reader } of taps.splice(0)) reader.close();
  };
  /** What a full disk took only a part of is of no use to anybody. */
  const orTakeBack = (write: () => void): void => {
    try {
      writing(folder, write);
    } catch (error) {
      closeTaps();
      for (const file of files) rmSync(join(folder, file), { force: true });
      if (made !== undefined) rmSync(made, { recursive: true, force: true });
      throw error;
    }
  };
  const drain = (): void => {
    for (const { name, reader, devices } of [...taps])
      reader.drain((datagram) => {
        const dev = devices().get(datagram.from.readInt32LE(4)) ?? 'unknown';
        // What goes out by lo comes in by it: once is enough.
        if (dev === 'lo' && datagram.from.readUInt8(10) === PACKET_OUTGOING) return;
        const file = `${name}.${dev}.pcap`;
        orTakeBack(() => {
          if (!files.has(file)) {
            files.add(file);
            writeFileSync(join(folder, file), pcapHeader());
          }
          appendFileSync(join(folder, file), recordOf(datagram));
        });
      });
  };
  return {
    drain,
    close() {
      drain();
      closeTaps();
      return [...files].sort();
    },
  };
}

const writing = <T>(folder: string, write: () => T): T => orNoRoom(folder, 'give --pcap a folder with room', write);

interface Tap {
  readonly name: string;
  readonly reader: BatchReader;
  readonly devices: () => ReadonlyMap<number, string>;
}

function openTap(netns: string, name: string): Tap {
  const fd = socketIn(netns, abi.AF_PACKET, abi.SOCK_RAW, 0);
  setOption(fd, abi.SOL_SOCKET, abi.SO_RCVBUFFORCE, BUFFER);
  setOption(fd, abi.SOL_SOCKET, abi.SO_TIMESTAMPNS, 1);
  bindTo(fd, sockaddrLink(abi.ETH_P_ALL, 0), 'every device');
  let known: ReadonlyMap<number, string> | undefined;
  const devices = (): ReadonlyMap<number, string> => {
    known ??= readDevices(netns);
    return known;
  };
  return { name, reader: new BatchReader(fd, AT_ONCE, SNAPLEN), devices };
}

/** The time is the kernel's (SO_TIMESTAMPNS: a struct timespec). */
function recordOf({ bytes, controlBytes }: Datagram): Buffer {
  const time = controlBytes(abi.SOL_SOCKET, abi.SO_TIMESTAMPNS);
  const seconds = time === undefined ? 0 : Number(time.readBigInt64LE(0));
  const nanoseconds = time === undefined ? 0 : Number(time.readBigInt64LE(8));
  return pcapRecord({ bytes, length: bytes.length, seconds, nanoseconds });
}
