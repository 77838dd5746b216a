/** How long an ICMP error about a packet is, both with their IP headers: asked of the model and of the running kernel. */
export const ICMP_SIZES: readonly (readonly [family: 4 | 6, length: number, error: number])[] = [
  [4, 60, 88],
  [4, 548, 576],
  [4, 549, 576],
  [4, 1400, 576],
  [6, 80, 128],
  [6, 1232, 1280],
  [6, 1233, 1280],
  [6, 1400, 1280],
];
