package ledger

import (
	"context"
	"fmt"
	"sync"
)

type table struct {
	name    string
	indexes []string
}

var tables = []table{
	{name: "transactions", indexes: []string{"idempotencyKey"}},
	{name: "authorizations"},
	{name: "chainaddresses", indexes: []string{"publicKey"}},
	{name: "vaults", indexes: []string{"publicKey", "idempotencyKey"}},
}

// schema makes the tables once, whoever asks first; a failure is tried again by the next who asks.
type schema struct {
	mutex sync.Mutex
	ready bool
}

func (s *schema) ensure(ctx context.Context, l *Ledger) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.ready {
		return nil
	}
	for _, table := range tables {
		if _, err := execute(ctx, l, table.create); err != nil {
			return fmt.Errorf("table %s cannot be made: %w", table.name, err)
		}
	}
	s.ready = true
	return nil
}

func (s *schema) forget() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.ready = false
}

// create makes the table together with its indexes: an index can only be made while the table is empty.
func (t table) create(tx transaction) (created bool, err error) {
	type found struct {
		TableID string `ion:"tableId"`
	}
	existing, err := rows[found](tx, "SELECT tableId FROM information_schema.user_tables WHERE name = ? AND status = 'ACTIVE'", t.name)
	if err != nil || len(existing) > 0 {
		return false, err
	}
	if _, err := tx.Execute("CREATE TABLE " + t.name); err != nil {
		return false, err
	}
	for _, field := range t.indexes {
		if _, err := tx.Execute(fmt.Sprintf("CREATE INDEX ON %s (%s)", t.name, field)); err != nil {
			return false, err
		}
	}
	return true, nil
}
