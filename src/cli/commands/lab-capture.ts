import { existsSync, statSync } from 'node:fs';
import { captureLab, type ObservedLab } from '../../lab/index.ts';
import { CommandError, EXIT, type Io } from '../io.ts';
import { writing } from '../writing.ts';

export interface CaptureFlags {
  /** A folder for one pcap file a device. */
  readonly pcap?: string;
}

const PAUSE = 20;

/** Before a lab is made for it: a file is no folder. */
export function refuseFile({ pcap }: CaptureFlags): void {
  if (pcap !== undefined && existsSync(pcap) && !statSync(pcap).isDirectory())
    throw new CommandError(`"${pcap}" is a file; name a folder with --pcap`, EXIT.usage);
}

/** Runs something in a lab; with a folder, every link's packets meanwhile are written there. */
export async function captured<T>(
  lab: ObservedLab,
  folder: string | undefined,
  io: Io,
  run: () => Promise<T>,
): Promise<T> {
  if (folder === undefined) return run();
  const capture = writing(folder, '--pcap', () => captureLab(lab, folder));
  let full = false;
  let timer: NodeJS.Timeout | undefined;
  const failed = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      try {
        capture.drain();
      } catch (error) {
        full = true;
        clearInterval(timer);
        reject(error);
      }
    }, PAUSE);
  });
  try {
    return await Promise.race([run(), failed]);
  } finally {
    clearInterval(timer);
    if (!full) reportFiles(capture.close(), folder, io);
  }
}

const reportFiles = ({ length }: readonly string[], folder: string, io: Io): void =>
  io.stderr(
    `${io.style.faint('captured')}: ${length} ${length === 1 ? 'device' : 'devices'}, one file each, in ${folder}\n`,
  );
