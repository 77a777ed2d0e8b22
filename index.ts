import { declareStack } from "./stacks/program.ts";

const outputs = await declareStack(import.meta.dirname);

export const serviceUrl = outputs.serviceUrl;
export const serviceHost = outputs.serviceHost;
export const redisUrl = outputs.redisUrl;
export const aws = outputs.aws;
export const localstackUrl = outputs.localstackUrl;
export const localstackHttpsUrl = outputs.localstackHttpsUrl;
export const ledgerEndpoint = outputs.ledgerEndpoint;
export const ledgerHttpsEndpoint = outputs.ledgerHttpsEndpoint;
export const ledgerName = outputs.ledgerName;
export const ledgerArn = outputs.ledgerArn;
export const qldbRoleArn = outputs.qldbRoleArn;
export const buckets = outputs.buckets;
export const operators = outputs.operators;
export const vaultPublicKey = outputs.vaultPublicKey;
export const caCertificate = outputs.caCertificate;
export const payout = outputs.payout;
export const authorization = outputs.authorization;
export const madeBy = outputs.madeBy;
export const network = outputs.network;
export const ports = outputs.ports;
export const service = outputs.service;
export const worker = outputs.worker;
