import { proveNamespaces } from './namespaces.ts';

proveNamespaces(4);
