import { captureLab, type ObservedLab } from '../../lab/index.ts';
import type { Io } from '../io.ts';

export interface CaptureFlags {
  /** A folder for one pcap file a device. */
  readonly pcap?: string;
}

const PAUSE = 20;

/** Runs something in a lab; with a folder, every link's packets meanwhile are written there. */
export async function captured<T>(
  lab: ObservedLab,
  folder: string | undefined,
  io: Io,
  run: () => Promise<T>,
): Promise<T> {
  if (folder === undefined) return run();
  const capture = captureLab(lab, folder);
  const timer = setInterval(capture.drain, PAUSE);
  try {
    return await run();
  } finally {
    clearInterval(timer);
    const { length } = capture.close();
    io.stderr(
      `${io.style.faint('captured')}: ${length} ${length === 1 ? 'device' : 'devices'}, one file each, in ${folder}\n`,
    );
  }
}
