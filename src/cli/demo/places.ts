/** Who takes part in the article's experiments. */
export const POD_A = 'pod/packetlab/toolbox-a-6fb5b9b786-lszr4';
export const NODE = 'node/ip-10-0-0-75.ec2.internal';
export const OTHER_NODE = 'node/ip-10-0-0-49.ec2.internal';
