/** Pods of a live workload that have not ended, and those of them that are ready. */
export interface WorkloadStatus {
  readonly pods: number;
  readonly ready: number;
}

/** How far a Job is. */
export interface JobProgress {
  /** Absent: any pod that succeeds ends it. */
  readonly completions?: number;
  readonly succeeded: number;
  /** It is complete, or has failed. */
  readonly finished: boolean;
  /** Completion indexes no pod runs for any more, first and last of each row of them. */
  readonly done: readonly (readonly [number, number])[];
}
