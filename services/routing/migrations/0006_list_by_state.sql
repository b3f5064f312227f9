-- A page of a body's orders in one state reads its own rows only, however many orders there are (contract 10).
CREATE INDEX work_order_main_state ON work_order (tenant, main, state, due_time, id);
