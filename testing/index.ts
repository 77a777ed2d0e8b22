export type { Operator } from "../key-feeder/contract.ts";
export type { Executable, StackOutputs } from "../model/outputs.ts";
export { redisClient, s3Client } from "./clients.ts";
export { OperatorEnvironmentError, type OperatorEnvironmentOptions, operatorEnvironment } from "./operator-environment.ts";
export { StackOutputsError, type StackOutputsOptions, stackOutputs } from "./outputs.ts";
export { type WaitOptions, WaitTimeoutError, waitFor } from "./wait-for.ts";
export { type BuildProcess, type RunningBuild, WaitForBuildError, type WaitForBuildOptions, waitForBuild } from "./wait-for-build.ts";
