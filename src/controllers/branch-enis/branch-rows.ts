/**
 * Branch interfaces of every EC2 instance type that can trunk, one row per set of families that share their sizes; a type
 * that is not here cannot. The numbers are those of amazon-vpc-resource-controller-k8s (`pkg/aws/vpc/limits.go`, generated
 * 2026-03-20: 1060 of its 1164 types).
 */
export const branchRows: readonly (readonly [families: string, limits: string])[] = [
  ['a1', '10 medium, 9 large, 18 xlarge, 38 2xlarge, 54 4xlarge metal'],
  ['c5 c5d', '9 large, 18 xlarge, 38 2xlarge, 54 4xlarge 9xlarge 12xlarge, 107 18xlarge 24xlarge metal'],
  ['c5a c5ad m5a m5ad r5a r5ad', '9 large, 18 xlarge, 38 2xlarge, 54 4xlarge 8xlarge 12xlarge, 107 16xlarge 24xlarge'],
  ['c5n', '9 large, 18 xlarge, 38 2xlarge, 54 4xlarge 9xlarge, 107 18xlarge metal'],
  [
    'c6a m6a r6a',
    '9 large, 18 xlarge, 38 2xlarge, 54 4xlarge, 84 8xlarge, 114 12xlarge, 107 16xlarge 24xlarge 32xlarge 48xlarge metal',
  ],
  [
    'c6g c6gd c7g c7gd c7gn m6g m6gd m7g m7gd r6g r6gd r7g r7gd',
    '4 medium, 9 large, 18 xlarge, 38 2xlarge, 54 4xlarge 8xlarge 12xlarge, 107 16xlarge metal',
  ],
  ['c6gn', '4 medium, 9 large, 18 xlarge, 38 2xlarge, 54 4xlarge 8xlarge 12xlarge, 107 16xlarge'],
  [
    'c6i c6id m6i m6id r6i r6id',
    '9 large, 18 xlarge, 38 2xlarge, 54 4xlarge, 84 8xlarge, 114 12xlarge, 107 16xlarge 24xlarge 32xlarge metal',
  ],
  [
    'c6in m6idn m6in r6idn r6in',
    '9 large, 18 xlarge, 38 2xlarge, 54 4xlarge, 84 8xlarge, 114 12xlarge, 107 16xlarge 24xlarge, 106 32xlarge metal',
  ],
  [
    'c7a m7a r7a',
    '4 medium, 9 large, 18 xlarge, 38 2xlarge, 54 4xlarge, 84 8xlarge, 114 12xlarge, 107 16xlarge 24xlarge 32xlarge 48xlarge metal-48xl',
  ],
  [
    'c7i m7i r7i',
    '9 large, 18 xlarge, 38 2xlarge, 54 4xlarge, 84 8xlarge, 114 12xlarge, 107 16xlarge 24xlarge 48xlarge metal-24xl metal-48xl',
  ],
  ['c7i-flex m7i-flex', '3 large, 8 xlarge, 18 2xlarge, 34 4xlarge, 54 8xlarge, 114 12xlarge, 107 16xlarge'],
  [
    'c8a m8a r8a',
    '4 medium, 9 large, 18 xlarge, 38 2xlarge, 54 4xlarge, 82 8xlarge, 110 12xlarge, 106 16xlarge 24xlarge metal-24xl, 98 48xlarge metal-48xl',
  ],
  [
    'c8g c8gd m8g m8gd r8g r8gd x8g',
    '4 medium, 9 large, 18 xlarge, 38 2xlarge, 54 4xlarge 8xlarge 12xlarge, 107 16xlarge 24xlarge 48xlarge metal-24xl metal-48xl',
  ],
  [
    'c8gb c8gn m8gb m8gn r8gb r8gn',
    '4 medium, 9 large, 18 xlarge, 38 2xlarge, 54 4xlarge, 52 8xlarge, 50 12xlarge, 106 16xlarge, 98 24xlarge 48xlarge',
  ],
  [
    'c8i c8id m8i m8id r8i r8id',
    '9 large, 18 xlarge, 38 2xlarge, 54 4xlarge, 82 8xlarge, 110 12xlarge, 106 16xlarge 24xlarge, 98 32xlarge 48xlarge 96xlarge metal-48xl metal-96xl',
  ],
  ['c8i-flex m8i-flex r8i-flex', '3 large, 8 xlarge, 18 2xlarge, 34 4xlarge, 52 8xlarge, 110 12xlarge, 106 16xlarge'],
  ['d3', '42 xlarge, 92 2xlarge, 118 4xlarge, 119 8xlarge'],
  ['d3en', '24 xlarge, 58 2xlarge, 118 4xlarge 6xlarge 8xlarge, 119 12xlarge'],
  ['dl1 p4d p4de', '62 24xlarge'],
  ['dl2q p3dn', '107 24xlarge'],
  ['f2', '84 6xlarge, 114 12xlarge, 107 48xlarge'],
  ['g4ad', '12 xlarge 2xlarge, 11 4xlarge, 10 8xlarge, 6 16xlarge'],
  ['g4dn', '39 xlarge 2xlarge, 59 4xlarge, 58 8xlarge, 54 12xlarge, 118 16xlarge, 107 metal'],
  ['g5', '4 xlarge, 17 2xlarge, 34 4xlarge, 84 8xlarge, 107 12xlarge 24xlarge, 114 16xlarge, 115 48xlarge'],
  ['g5g', '18 xlarge, 38 2xlarge, 54 4xlarge 8xlarge, 107 16xlarge metal'],
  ['g6', '18 xlarge, 38 2xlarge, 54 4xlarge, 84 8xlarge, 114 12xlarge, 107 16xlarge 24xlarge 48xlarge'],
  ['g6e', '18 xlarge, 38 2xlarge, 54 4xlarge, 84 8xlarge, 112 12xlarge, 107 16xlarge, 102 24xlarge, 82 48xlarge'],
  ['g6f', '10 large, 18 xlarge, 38 2xlarge, 54 4xlarge'],
  ['g7e', '120 2xlarge 4xlarge 8xlarge 12xlarge 24xlarge 48xlarge'],
  ['gr6', '54 4xlarge, 84 8xlarge'],
  ['gr6f', '54 4xlarge'],
  ['i3', '120 metal'],
  ['i3en', '5 large, 12 xlarge, 28 2xlarge, 38 3xlarge, 54 6xlarge 12xlarge, 107 24xlarge metal'],
  ['i4g im4gn', '9 large, 18 xlarge, 38 2xlarge, 54 4xlarge 8xlarge, 107 16xlarge'],
  ['i4i', '6 xlarge, 26 2xlarge, 52 4xlarge, 112 8xlarge 12xlarge, 120 16xlarge 32xlarge metal, 105 24xlarge'],
  [
    'i7i',
    '9 large, 18 xlarge, 38 2xlarge, 54 4xlarge, 84 8xlarge 12xlarge, 107 16xlarge 24xlarge 48xlarge metal-24xl metal-48xl',
  ],
  [
    'i7ie',
    '19 large, 27 xlarge 2xlarge 3xlarge, 54 6xlarge 12xlarge, 107 18xlarge 24xlarge 48xlarge metal-24xl metal-48xl',
  ],
  [
    'i8g',
    '9 large, 18 xlarge, 38 2xlarge, 54 4xlarge 8xlarge 12xlarge, 107 16xlarge 24xlarge 48xlarge metal-24xl metal-48xl',
  ],
  [
    'i8ge',
    '19 large, 27 xlarge 2xlarge, 25 3xlarge, 52 6xlarge, 50 12xlarge, 106 18xlarge 24xlarge metal-24xl, 98 48xlarge metal-48xl',
  ],
  ['inf1', '38 xlarge 2xlarge, 54 6xlarge, 111 24xlarge'],
  ['inf2', '18 xlarge, 84 8xlarge, 107 24xlarge 48xlarge'],
  ['is4gen', '4 medium, 9 large, 18 xlarge, 38 2xlarge, 54 4xlarge 8xlarge'],
  ['m5 r5', '9 large, 18 xlarge, 38 2xlarge, 54 4xlarge 8xlarge 12xlarge, 107 16xlarge 24xlarge, 120 metal'],
  [
    'm5d m5dn m5n r5b r5d r5dn r5n',
    '9 large, 18 xlarge, 38 2xlarge, 54 4xlarge 8xlarge 12xlarge, 107 16xlarge 24xlarge metal',
  ],
  ['m5zn', '13 large, 29 xlarge, 62 2xlarge, 92 3xlarge, 114 6xlarge, 107 12xlarge metal'],
  ['m8azn', '3 medium, 8 large, 18 xlarge, 34 3xlarge, 54 6xlarge, 106 12xlarge 24xlarge metal-12xl metal-24xl'],
  ['mac-m4 mac-m4max mac-m4pro mac1 mac2 mac2-m1ultra mac2-m2 mac2-m2pro', '6 metal'],
  ['p5', '58 4xlarge, 120 48xlarge'],
  ['p5e p5en p6-b200 p6-b300', '120 48xlarge'],
  [
    'r7iz',
    '9 large, 18 xlarge, 38 2xlarge, 54 4xlarge, 84 8xlarge, 114 12xlarge, 107 16xlarge 32xlarge metal-16xl metal-32xl',
  ],
  ['trn1', '17 2xlarge, 82 32xlarge'],
  ['trn1n', '120 32xlarge'],
  ['u-3tb1', '6 56xlarge'],
  ['u7i-12tb', '107 224xlarge'],
  ['u7i-6tb u7i-8tb', '107 112xlarge'],
  ['u7in-16tb u7in-24tb u7in-32tb', '106 224xlarge'],
  ['vt1', '38 3xlarge, 54 6xlarge, 107 24xlarge'],
  ['x2gd', '10 medium, 9 large, 18 xlarge, 38 2xlarge, 54 4xlarge 8xlarge 12xlarge, 107 16xlarge metal'],
  ['x2idn', '107 16xlarge 24xlarge 32xlarge metal'],
  ['x2iedn', '11 xlarge, 27 2xlarge, 54 4xlarge, 114 8xlarge, 107 16xlarge 24xlarge 32xlarge metal'],
  ['x2iezn', '62 2xlarge, 114 4xlarge 6xlarge 8xlarge, 107 12xlarge metal'],
  ['x8aedz', '8 large, 18 xlarge, 34 3xlarge, 54 6xlarge, 106 12xlarge 24xlarge metal-12xl metal-24xl'],
  [
    'x8i',
    '9 large, 18 xlarge, 38 2xlarge, 54 4xlarge, 82 8xlarge, 110 12xlarge, 106 16xlarge 24xlarge, 98 32xlarge 48xlarge 64xlarge 96xlarge metal-48xl metal-96xl',
  ],
  ['z1d', '13 large, 28 xlarge, 58 2xlarge, 54 3xlarge 6xlarge, 107 12xlarge metal'],
];
