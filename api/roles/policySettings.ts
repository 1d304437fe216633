// The settings of policies as the commands read them. Called by serve.ts and start.ts of api/cli.

import { resolve } from 'node:path';
import type { Config } from '../config.ts';
import type { PolicySettings } from './policies.ts';

export function policySettingsOf(config: Config): PolicySettings {
  const { policyKeys, policyFolder, policyLog, policyLogMask, policyLogSample } = config;
  return {
    keyFiles: policyKeys.map((file) => resolve(file)),
    ...(policyFolder === undefined ? {} : { folder: resolve(policyFolder) }),
    ...(policyLog === undefined ? {} : { logFile: resolve(policyLog) }),
    logMask: policyLogMask,
    logSample: policyLogSample,
  };
}
