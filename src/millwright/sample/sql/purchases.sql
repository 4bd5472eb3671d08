-- The purchases of the copies in temp.copies: CDNOW's own lines, with the line and account numbers of their copy.
create or replace temp table purchases as
select
    copies.copy,
    copies.copy * (select max(position) from temp.cdnow) + cdnow.position as line_number,
    account_of(cdnow.customer_id, copies.copy) as account_number,
    cdnow.purchased_on,
    cdnow.quantity,
    cdnow.amount
from temp.cdnow
cross join temp.copies;
