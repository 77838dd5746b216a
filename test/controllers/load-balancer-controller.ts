/** The AWS Load Balancer Controller's Deployment, or another of its form. */
export const lbc = ({
  name = 'aws-load-balancer-controller',
  image = 'public.ecr.aws/eks/aws-load-balancer-controller:v2.13.4',
  args = [] as readonly string[],
}): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: kube-system }
spec:
  selector: { matchLabels: { a: ${name} } }
  template:
    metadata: { labels: { a: ${name} } }
    spec:
      containers:
        - name: controller
          image: ${image}
          args: ${JSON.stringify(args)}
`;

/** A MutatingWebhookConfiguration with webhooks of these names. */
export const webhooks = (...names: readonly string[]): string => `apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: { name: hooks }
webhooks: [${names.map((name) => `{ name: ${name} }`).join(', ')}]
`;
