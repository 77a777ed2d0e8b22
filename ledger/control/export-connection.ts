/** A connection to S3 for one export. */
export interface ExportConnection {
  /** Puts an object. @throws Error whose name is S3's code where S3 refuses */
  put(key: string, content: Buffer, contentType: string, signal: AbortSignal): Promise<void>;
  close(): void;
}
