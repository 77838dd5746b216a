import { describe } from 'vitest';
import { testRows, toWeb } from './rows.ts';

describe('load balancers', () =>
  testRows([
    {
      what: 'the name of an Ingress',
      extra:
        'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: front, namespace: shop }\nspec: { rules: [{ host: shop.example.com }] }\nstatus: { loadBalancer: { ingress: [{ hostname: k8s-shop.elb.amazonaws.com }] } }\n',
      touched: [
        ['pod/shop/client', 'shop.example.com'],
        ['pod/shop/client', 'k8s-shop.elb.amazonaws.com'],
      ],
      says: ['Ingress shop/front', 'extra.yaml:1'],
      untouched: [toWeb, ['pod/shop/plain', 'far.example.com:443']],
    },
    {
      what: 'the name of a load balancer that another controller made for a Service',
      extra:
        'apiVersion: v1\nkind: Service\nmetadata: { name: lb, namespace: shop }\nspec: { type: LoadBalancer, loadBalancerClass: example.com/lb, selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }\nstatus: { loadBalancer: { ingress: [{ hostname: lb-1.elb.amazonaws.com }] } }\n',
      touched: [['pod/shop/client', 'lb-1.elb.amazonaws.com']],
      says: ['Service shop/lb', 'extra.yaml:1'],
      untouched: [toWeb, ['pod/shop/client', 'svc/shop/lb']],
    },
    {
      what: 'the public address of a load balancer a Service has',
      extra:
        'apiVersion: v1\nkind: Service\nmetadata: { name: lb, namespace: shop }\nspec: { type: LoadBalancer, selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }\nstatus: { loadBalancer: { ingress: [{ ip: 203.0.113.50 }] } }\n',
      touched: [
        ['host/far', '203.0.113.50:80'],
        ['internet/198.51.100.99', '203.0.113.50:443'],
        ['pod/shop/client', '203.0.113.50:443'],
      ],
      says: ['The load balancer of Service shop/lb', 'extra.yaml:1'],
      untouched: [toWeb, ['pod/shop/client', '203.0.113.50:80'], ['pod/shop/plain', 'far.example.com:443']],
    },
    {
      what: 'the address in the VPC of a load balancer a Service has',
      extra:
        'apiVersion: v1\nkind: Service\nmetadata: { name: lb, namespace: shop }\nspec: { type: LoadBalancer, selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }\nstatus: { loadBalancer: { ingress: [{ ip: 10.0.2.77 }] } }\n',
      touched: [
        ['host/legacy', '10.0.2.77:80'],
        ['pod/shop/client', '10.0.2.77:443'],
      ],
      says: ['The load balancer of Service shop/lb', 'extra.yaml:1'],
      untouched: [toWeb, ['pod/shop/client', '10.0.2.77:80']],
    },
    {
      what: 'the name of a gateway',
      extra:
        'apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: front, namespace: shop }\nspec: { hostnames: [shop.example.com] }\n',
      touched: [['pod/shop/client', 'shop.example.com']],
      says: ['HTTPRoute shop/front', 'extra.yaml:1'],
      untouched: [toWeb],
    },
  ]));
