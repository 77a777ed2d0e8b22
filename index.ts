import "./stacks/quick-start.ts";
import { DeveloperStack } from "./stacks/developer.ts";
import { prepareStack } from "./stacks/prepare.ts";

const { outputs } = new DeveloperStack("nitro", await prepareStack(import.meta.dirname));

export const serviceUrl = outputs.serviceUrl;
export const redisUrl = outputs.redisUrl;
export const localstackUrl = outputs.localstackUrl;
export const ledgerEndpoint = outputs.ledgerEndpoint;
export const ledgerName = outputs.ledgerName;
export const ledgerArn = outputs.ledgerArn;
export const qldbRoleArn = outputs.qldbRoleArn;
export const buckets = outputs.buckets;
export const network = outputs.network;
export const ports = outputs.ports;
export const service = outputs.service;
export const worker = outputs.worker;
