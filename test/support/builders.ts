// Builders of organisations, requests and states for tests: `aRequest().gpu(4).prefer('h100')` instead of literals.
// Invariant: what is not said has one default; equal calls build equal values. Nothing here draws a clock or chance.

export { DAY, HOUR, MINUTE, NOW } from './instants.ts';
export { aConfiguration, aPool, ConfigurationBuilder, nodeSet, PoolBuilder } from './organisationBuilder.ts';
export { aRequest, RequestBuilder, requestIdOf } from './requestBuilder.ts';
export { aLease, aState, StateBuilder } from './stateBuilder.ts';
