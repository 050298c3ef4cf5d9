/* The code added to the program: before each access a look into the filter, and a count of instructions.

   Copyright (C) 2026 tmemlab contributors. GPL-2.0-or-later; see COPYING. */

#include "tool.h"

static IRExpr* word(ULong value) { return IRExpr_Const(IRConst_U64(value)); }

static IRExpr* assign(IRSB* out, IRType type, IRExpr* value)
{
   IRTemp temporary = newIRTemp(out->tyenv, type);
   addStmtToIRSB(out, IRStmt_WrTmp(temporary, value));
   return IRExpr_RdTmp(temporary);
}

static IRExpr* binary(IRSB* out, IROp operation, IRExpr* a, IRExpr* b)
{
   return assign(out, Ity_I64, IRExpr_Binop(operation, a, b));
}

static IRExpr* shift(IRSB* out, IROp operation, IRExpr* a, UChar by)
{
   return assign(out, Ity_I64, IRExpr_Binop(operation, a, IRExpr_Const(IRConst_U8(by))));
}

/* Call unless the filter has the page of `address`, and the access ends in the same page; and only if `also` holds. */
static void check(IRSB* out, IRExpr* address, Int size, IRExpr* also, const ULong* filter, const HChar* name,
                  VG_REGPARM(2) void (*call)(Addr, UWord))
{
   IRExpr* page = shift(out, Iop_Shr64, address, PAGE_BITS);
   IRExpr* slot = binary(out, Iop_And64, page, word(FILTER_PAGES - 1));
   IRExpr* place = binary(out, Iop_Add64, shift(out, Iop_Shl64, slot, 3), word((ULong)filter));
   IRExpr* kept = assign(out, Ity_I64, IRExpr_Load(Iend_LE, Ity_I64, place));
   IRExpr* differs = binary(out, Iop_Xor64, kept, page);
   if (size > 1) {
      IRExpr* last = shift(out, Iop_Shr64, binary(out, Iop_Add64, address, word((ULong)size - 1)), PAGE_BITS);
      differs = binary(out, Iop_Or64, differs, binary(out, Iop_Xor64, last, page));
   }
   IRExpr* guard = assign(out, Ity_I1, IRExpr_Unop(Iop_CmpNEZ64, differs));
   if (also) {
      IRExpr* both = binary(out, Iop_And64, assign(out, Ity_I64, IRExpr_Unop(Iop_1Uto64, guard)),
                            assign(out, Ity_I64, IRExpr_Unop(Iop_1Uto64, also)));
      guard = assign(out, Ity_I1, IRExpr_Unop(Iop_CmpNEZ64, both));
   }
   IRDirty* dirty = unsafeIRDirty_0_N(2, name, VG_(fnptr_to_fnentry)(call), mkIRExprVec_2(address, word((ULong)size)));
   dirty->guard = guard;
   addStmtToIRSB(out, IRStmt_Dirty(dirty));
}

static void load(IRSB* out, IRExpr* address, Int size, IRExpr* also)
{
   check(out, address, size, also, filter_touched, "on_load", on_load);
}

static void store(IRSB* out, IRExpr* address, Int size, IRExpr* also)
{
   check(out, address, size, also, filter_written, "on_store", on_store);
}

static void fetch(IRSB* out, Addr address, UInt length)
{
   check(out, word(address), (Int)length, NULL, filter_touched, "on_fetch", on_fetch);
}

static void count_instructions(IRSB* out, ULong* pending)
{
   if (*pending == 0)
      return;
   IRExpr* place = word((ULong)&instructions);
   IRExpr* before = assign(out, Ity_I64, IRExpr_Load(Iend_LE, Ity_I64, place));
   addStmtToIRSB(out, IRStmt_Store(Iend_LE, place, binary(out, Iop_Add64, before, word(*pending))));
   *pending = 0;
}

/* The accesses of a statement, before it happens. */
static void accesses_of(IRSB* out, const IRStmt* statement)
{
   IRTypeEnv* types = out->tyenv;
   switch (statement->tag) {
   case Ist_WrTmp: {
      const IRExpr* data = statement->Ist.WrTmp.data;
      if (data->tag == Iex_Load)
         load(out, data->Iex.Load.addr, sizeofIRType(data->Iex.Load.ty), NULL);
      break;
   }
   case Ist_Store:
      store(out, statement->Ist.Store.addr, sizeofIRType(typeOfIRExpr(types, statement->Ist.Store.data)), NULL);
      break;
   case Ist_StoreG: {
      const IRStoreG* guarded = statement->Ist.StoreG.details;
      store(out, guarded->addr, sizeofIRType(typeOfIRExpr(types, guarded->data)), guarded->guard);
      break;
   }
   case Ist_LoadG: {
      const IRLoadG* guarded = statement->Ist.LoadG.details;
      IRType loaded = Ity_INVALID, widened = Ity_INVALID;
      typeOfIRLoadGOp(guarded->cvt, &widened, &loaded);
      load(out, guarded->addr, sizeofIRType(loaded), guarded->guard);
      break;
   }
   case Ist_Dirty: {
      const IRDirty* dirty = statement->Ist.Dirty.details;
      if (dirty->mFx == Ifx_Read || dirty->mFx == Ifx_Modify)
         load(out, dirty->mAddr, dirty->mSize, NULL);
      if (dirty->mFx == Ifx_Write || dirty->mFx == Ifx_Modify)
         store(out, dirty->mAddr, dirty->mSize, NULL);
      break;
   }
   case Ist_CAS: {
      const IRCAS* cas = statement->Ist.CAS.details;
      Int size = sizeofIRType(typeOfIRExpr(types, cas->dataLo)) * (cas->dataHi ? 2 : 1);
      store(out, cas->addr, size, NULL);
      break;
   }
   case Ist_LLSC:
      if (statement->Ist.LLSC.storedata)
         store(out, statement->Ist.LLSC.addr, sizeofIRType(typeOfIRExpr(types, statement->Ist.LLSC.storedata)), NULL);
      else
         load(out, statement->Ist.LLSC.addr, sizeofIRType(typeOfIRTemp(types, statement->Ist.LLSC.result)), NULL);
      break;
   default:
      break;
   }
}

IRSB* instrument(VgCallbackClosure* closure, IRSB* in, const VexGuestLayout* layout, const VexGuestExtents* extents,
                 const VexArchInfo* host, IRType guest_word, IRType host_word)
{
   if (guest_word != Ity_I64 || host_word != Ity_I64)
      VG_(tool_panic)("only 64-bit programs can be recorded");
   IRSB* out = deepCopyIRSBExceptStmts(in);
   Int i = 0;
   for (; i < in->stmts_used && in->stmts[i]->tag != Ist_IMark; i++)
      addStmtToIRSB(out, in->stmts[i]); /* the preamble is not the program's */
   ULong pending = 0;
   Addr last_page = ~0UL;
   for (; i < in->stmts_used; i++) {
      IRStmt* statement = in->stmts[i];
      if (statement == NULL || statement->tag == Ist_NoOp)
         continue;
      if (statement->tag == Ist_IMark) {
         Addr address = statement->Ist.IMark.addr + statement->Ist.IMark.delta;
         UInt length = statement->Ist.IMark.len ? statement->Ist.IMark.len : 1;
         pending++;
         if ((address >> PAGE_BITS) != last_page || ((address + length - 1) >> PAGE_BITS) != last_page)
            fetch(out, address, length);
         last_page = (address + length - 1) >> PAGE_BITS;
      } else if (statement->tag == Ist_Exit) {
         count_instructions(out, &pending);
      } else {
         accesses_of(out, statement);
      }
      addStmtToIRSB(out, statement);
   }
   count_instructions(out, &pending);
   return out;
}
