/** The small document of every workload; the Go client has the same. */
export function payment(id: string): Record<string, string> {
  return {
    id,
    to: "683bc9ba-497a-47a5-9587-3bd03fd722bd",
    from: "5bb2f0a4-7c9d-4d0e-a3a8-9c1c4f1f7a55",
    amount: "12.5",
    currency: "BAT",
    custodian: "dryrun-happypath",
    state: "prepared",
  };
}
